"""What jinja2 renders, set up as transformers sets it up for chat templates (_compile_jinja_template)."""

import datetime
import json
import warnings

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment


class Generation(jinja2.ext.Extension):
    """{% generation %}: a call block whose text is kept as it is."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_text"), [], [], body).set_lineno(line)

    def _text(self, caller):
        return caller()


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def tojson(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def strftime_now(pattern):
    return datetime.datetime(2026, 11, 5, 12).strftime(pattern)


def environment():
    made = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols]
    )
    made.filters["tojson"] = tojson
    made.globals["raise_exception"] = raise_exception
    made.globals["strftime_now"] = strftime_now
    return made


ENVIRONMENT = environment()
warnings.filterwarnings("ignore", category=SyntaxWarning)  # of the Python that jinja2 writes


def render(template, variables):
    """The text, or None and what was raised."""
    try:
        return ENVIRONMENT.from_string(template).render(**variables), ""
    except Exception as error:  # what a template raises is of many types
        return None, f"{type(error).__name__}: {error}"
    except RecursionError as error:
        return None, f"RecursionError: {error}"
