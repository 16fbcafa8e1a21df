#!/usr/bin/env python3
"""Writes recorded.json: short templates, and what jinja2 renders of them, set up as transformers sets it up.

Usage: record_cases.py  (needs PyPI `jinja2`). null: jinja2 raises, and the program has to refuse.
"""

import json
import pathlib

import oracle

VARIABLES = {
    "messages": [
        {"role": "system", "content": " Be brief. \n"},
        {"role": "user", "content": "Grüße, 日本"},
        {"role": "assistant", "content": "", "n": 2},
    ],
    "tools": None,
    "text": "Hello, world",
    "items": [3, 1, 2],
    "names": ["b", "a", "B", "a"],
    "d": {"b": 1, "a": [1, 2.5, None, True], "items": "mine"},
    "n": 7,
    "flag": True,
    "odd": "'\"\\\n\x00\u2028é\U0001f642",
}

GROUPS = {
    "white space": [
        "a\n{% if true %}\n  b\n{% endif %}\nc\n", "a\n  {% if true %}  \nb{% endif %}\n", "a \n {%- if true -%} \n b {%- endif %} c",
        "a\n  {%+ if true %}\nb{% endif +%}\nc", "  {{ n }}  \n{{- n -}}  \n c", "{# note #}\na\n  {# note #}\nb {#- c -#} d", "a\n\n",
        "{% raw %}{{ x }} {% if %}{% endraw %}", "  {% raw -%}  a {{ b }}  {%- endraw %}  c", "a\r\nb\rc{% if true %}\r\nd{% endif %}",
        "\t{% set x = 1 %}\n\t{{ x }}", "{{ '{{' }}{{ '%}' }} }} %} #}", "x{%- if false %}y{% else %} z {% endif -%}\n\nw", "{{\n  n\n}}",
        "a{#\n#}\nb", "{%- for i in items -%}\n {{ i }}\n{%- endfor -%}", "{{+1}}{{-1}}", "a{#", "a{#-", "a {#- b", "a{% raw %}", "a{% raw %}b", "a{{", "a{%",
    ],
    "literals": [
        "{{ 'a\\n\\t\\x41\\u00e9\\U0001F642\\101\\q\\'' }}", '{{ "é\\é" }}', "{{ 'a' 'b' \"c\" }}", "{{ 1_000 + 0x1F + 0b101 + 0o17 }}", "{{ 1.5e3 }} {{ 1e16 }} {{ 1e-5 }} {{ 0.1 + 0.2 }}",
        "{{ [1, 'a', none, true, 2.0, [], {}, (), (1,), (1, 2)] }}", "{{ {'a': 1, 2: 'b', none: true, 'a': 3} }}", "{{ true }} {{ False }} {{ none }} {{ None }}", "{{ 1, 2 }}",
        "{{ odd }}|{{ [odd] }}", "{{ ['it\\'s', 'say \"x\"', 'both \\' \"'] }}", "{{ 1e999 }} {{ -1e999 }}", "{{ -0.0 }} {{ 1e22 }} {{ 123456789.125 }}", "{{ 9223372036854775807 }}",
    ],
    "operators": [
        "{{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % -3 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 2 ** 10 }} {{ 2 ** -1 }} {{ 2 ** 3 ** 2 }} {{ -2 ** 2 }}", "{{ 7.5 // 2 }} {{ -7.5 % 2 }} {{ 1 / 3 }}", "{{ 'a' + 'b' }} {{ 'ab' * 3 }} {{ [1] + [2] }} {{ [1, 2] * 2 }} {{ (1,) + (2,) }}",
        "{{ 1 ~ 'a' ~ none ~ [1] ~ 2.0 }}", "{{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 'a' < 'b' }} {{ [1, 2] < [1, 3] }} {{ 1 == 1.0 == true }}", "{{ 'ell' in text }} {{ 3 in items }} {{ 'b' in d }} {{ 4 not in items }}",
        "{{ not flag }} {{ flag and 'x' }} {{ '' or 'y' }} {{ none or 0 }} {{ flag and not none }}", "{{ 'a' if flag else 'b' }} {{ 'a' if not flag }}|{{ 1 if false else 2 if false else 3 }}", "{{ 1 + none }}", "{{ 'a' + 1 }}", "{{ 1 / 0 }}", "{{ 1 < 'a' }}", "{{ 'a' in 5 }}", "{{ true + true }} {{ -true }}",
        "{{ '%s has %d, %5.2f|%-4s|%04d|%r' % ('a', 3, 1.5, 'x', 7, 'q') }}", "{{ '%(a)s' % {'a': 1} }}", "{{ '%s' % 1 }} {{ '100%%' % () }}", "{{ '%d' % 'a' }}", "{{ '%s %s' % (1,) }}", "{{ 'a' % missing }}|{{ '%s' % missing }}|{{ 'a' % range(2) }}", "{{ '%d' % missing }}", "{{ '%(a)s' % missing }}", "{{ 'a' % 1 }}", "{{ 0 ** 0 }} {{ 0 ** -1 }}", "{{ {} == {} }} {{ d == d }} {{ [1] == (1,) }}",
    ],
    "lookups": [
        "{{ messages[0].role }} {{ messages[-1]['role'] }} {{ messages[0]['content'] }}", "{{ messages[9] }}|{{ d.missing }}|{{ missing }}", "{{ missing.x }}", "{{ d.missing.x }}", "{{ d['items'] }}", "{{ d.items is callable }} {{ d.items()|list }}", "{{ text[1] }} {{ text[-1] }} {{ text[99] }}|",
        "{{ text[1:4] }} {{ text[::-1] }} {{ text[-5:] }} {{ text[:-5] }} {{ text[10:2:-3] }} {{ messages[1:][0].role }} {{ items[::2] }} {{ (1, 2, 3)[1:] }}", "{{ messages[1].content[3:6] }}", "{{ text[::0] }}", "{{ none.x }}|{{ 5.x }}|{{ none['x'] }}", "{{ n[1:] }}", "{{ d.a.0 }} {{ d.a[1] }}", "{{ items.append(4) }}", "{{ d.update({}) }}", "{{ items.append }}|", "{{ d._x }}|",
        "{{ missing + 1 }}", "{{ missing ~ 'a' }} {{ missing == missing2 }} {{ missing|length }} {% for x in missing %}{% endfor %}{{ not missing }}", "{{ [missing] }}", "{{ missing() }}", "{{ missing is defined }} {{ d.missing is undefined }} {{ n is defined }}",
    ],
    "text": [
        "{{ ' a b '.strip() }}|{{ ' a '.lstrip() }}|{{ ' a '.rstrip() }}|{{ 'xxaxx'.strip('x') }}|{{ '\\u3000a\\u2028'.strip() }}", "{{ 'a,b,,c'.split(',') }} {{ ' a  b '.split() }} {{ 'a b c'.split(' ', 1) }} {{ 'a b c'.rsplit(' ', 1) }} {{ ''.split() }} {{ ''.split(',') }} {{ 'a\\nb\\r\\nc'.splitlines() }}",
        "{{ text.startswith('He') }} {{ text.endswith(('x', 'ld')) }} {{ text.find('o') }} {{ text.rfind('o') }} {{ text.find('o', 5) }} {{ text.find('zz') }} {{ text.count('l') }} {{ text.index('w') }}", "{{ text.index('zz') }}", "{{ 'straße İ ΑΣ'.upper() }} {{ 'STRASSE İ ΑΣ ΣΑ'.lower() }} {{ 'they\\'re a-b ǆ'.title() }} {{ 'éA b'.capitalize() }} {{ 'aB'.swapcase() }}",
        "{{ 'aaa'.replace('a', 'b', 2) }} {{ 'ab'.replace('', '-') }}", "{{ '-'.join(names) }} {{ ','.join(d) }}", "{{ '-'.join(items) }}", "{{ 'a=b=c'.partition('=') }} {{ 'a=b=c'.rpartition('=') }} {{ 'abc'.removeprefix('a') }} {{ 'abc'.removesuffix('c') }} {{ 'a'.ljust(3) }}|{{ 'a'.rjust(3, '*') }} {{ 'a'.center(4) }}| {{ '-7'.zfill(4) }}",
        "{{ '12'.isdigit() }} {{ 'ab'.isalpha() }} {{ ''.isalpha() }} {{ ' '.isspace() }} {{ 'AB'.isupper() }} {{ 'aB'.islower() }} {{ '²'.isdigit() }} {{ 'a1'.isalnum() }}", "{{ ''.split('') }}", "{{ '{} {}'.format(1, 'a') }} {{ '{1}{0}{1}'.format('a', 'b') }} {{ '{x}-{y}'.format(x=1, y=none) }} {{ '{{}}'.format() }} {{ '{!r}'.format('q') }}|{{ '{}'.format(missing) }}",
        "{{ '{:>5}|{:<5}|{:^5}|{:*^7}|{:.2}|{:05}'.format('a', 'b', 'c', 'd', 'efg', 'h') }}", "{{ '{:5}|{:<5}|{:05d}|{:+d}|{: d}|{:,}|{:,d}|{:=+5d}'.format(1, 2, -3, 4, 5, 1234567, -1000, 6) }}", "{{ '{:.2f}|{:8.3f}|{:e}|{:g}|{:.1%}|{:,.1f}|{:>6}|{:08.2f}|{:G}'.format(1.005, 2.5, 12345.678, 1e-7, 0.256, 12345.67, 1.5, -3.14159, 1e20) }}",
        "{{ '{}'.format() }}", "{{ '{x}'.format(1) }}", "{{ '{'.format(1) }}", "{{ '}'.format(1) }}", "{{ '{} {0}'.format(1) }}", "{{ '{:d}'.format('a') }}", "{{ '{:d}'.format(1.5) }}", "{{ '{:.2}'.format(1) }}", "{{ '{:5}'.format([1]) }}", "{{ '{:f}{:.1f}{:5}'.format(1, true, true) }}",
    ],
    "filters": [
        "{{ ' a '|trim }}|{{ 'xax'|trim('x') }}|{{ text|upper }}|{{ text|lower }}|{{ 'hello wORLD-x (y'|title }}|{{ 'aBC'|capitalize }}", "{{ text|length }} {{ items|count }} {{ d|length }} {{ messages[1].content|length }}", "{{ 5|length }}", "{{ names|join }} {{ names|join(', ') }} {{ messages|join('-', attribute='role') }}", "{{ items|first }} {{ items|last }} {{ text|first }} {{ []|first }}|{{ 'abc'|last }} {{ d|first }}",
        "{{ missing|default('x') }} {{ ''|default('x') }}| {{ ''|default('x', true) }} {{ none|d('y', boolean=true) }} {{ missing|default }}|", "{{ 'abc'|list }} {{ d|list }} {{ (1, 2)|list }} {{ range(3)|list }}", "{{ d|items|list }} {{ d|dictsort }} {{ {'b': 1, 'A': 2}|dictsort }} {{ {'b': 1, 'A': 2}|dictsort(true) }} {{ {'b': 1, 'a': 2}|dictsort(by='value', reverse=true) }}",
        "{{ items|sort }} {{ items|sort(reverse=true) }} {{ names|sort }} {{ names|sort(case_sensitive=true) }} {{ messages|sort(attribute='role')|map(attribute='role')|list }}", "{{ names|unique|list }} {{ names|unique(true)|list }} {{ items|min }} {{ items|max }} {{ items|sum }} {{ []|max }}| {{ names|max }}", "{{ names|map('upper')|list }} {{ messages|map(attribute='role')|join(',') }} {{ messages|map(attribute='n', default=0)|list }} {{ names|map('replace', 'a', 'x')|list }}",
        "{{ [0, 1, '', 'a', none]|select|list }} {{ items|select('odd')|list }} {{ items|select('gt', 1)|list }} {{ items|reject('in', [1])|list }} {{ messages|selectattr('n')|list|length }} {{ messages|selectattr('role', 'equalto', 'user')|map(attribute='content')|first }} {{ messages|rejectattr('role', 'in', ['user'])|list|length }} {{ messages|selectattr('n', 'defined')|list|length }}",
        "{% set g = messages|selectattr('role') %}{{ g|list|length }} {{ g|list|length }}", "{% if items|select('gt', 99) %}a generator is true{% endif %}", "{{ items|select('odd')|length }}", "{{ items|select('nonsense')|list }}", "{{ []|select('nonsense')|list }}", "{{ 'a'|nonsense }}", "{% if false %}{{ 'a'|nonsense }}{% endif %}ok", "{{ items|reverse|list }} {{ 'abc'|reverse }} {{ items|batch(2)|list }} {{ items|batch(2, 'x')|list }}",
        "{{ '12'|int }} {{ ' 7 '|int }} {{ '1.9'|int }} {{ 'x'|int }} {{ 'x'|int(5) }} {{ 'ff'|int(base=16) }} {{ 2.9|int }} {{ '1.5'|float }} {{ 'x'|float }} {{ -3|abs }} {{ true|int }} {{ none|int }}", "{{ '\uff19\u0663'|int }} {{ '\u0661.5'|float }}", "{{ 42.55|round }} {{ 42.55|round(1) }} {{ 2.5|round }} {{ 42.51|round(1, 'floor') }} {{ 42.51|round(0, 'ceil') }} {{ 7|round }}", "{{ 'a\\nb\\n\\nc'|indent }}|{{ 'a\\nb'|indent(2, true) }}|{{ 'a\\n\\nb'|indent('>', blank=true) }}",
        "{{ d|string }} {{ 1|string ~ 2 }} {{ '<a>'|escape }} {{ '<a>'|safe }} {{ ('<'|safe) ~ '<' }} {{ [' <'|safe|trim, ('a<'|e)[1:], ('<'|safe|upper) + '<', ('a'|safe)[0], 'ab'|safe|last, 'ab'|safe|first] }} {{ '%s'|format(3) }} {{ 'ab'|center(6) }}|", "{{ 'a-b'|replace('-', '+') }} {{ 121|replace(1, 3) }} {{ 'aaa'|replace('a', 'b', 2) }}", "{% filter upper %}a{{ text }}{% endfilter %}",
    ],
    "tojson": [
        "{{ d|tojson }} {{ odd|tojson }} {{ odd|tojson(ensure_ascii=true) }}", "{{ d|tojson(indent=2) }}", "{{ [[], {}, [1]]|tojson(indent=4) }}", "{{ d|tojson(separators=(',', ':')) }} {{ d|tojson(sort_keys=true) }} {{ d|tojson(indent=0) }} {{ [1]|tojson(indent='--') }}", "{{ {1: 'a', none: 2, true: 3, 1.5: 4}|tojson }}", "{{ [1e16, 0.1, 1e999, true, none, (1, 2)]|tojson }}", "{{ missing|tojson }}", "{{ range(2)|tojson }}", "{{ {(1, 2): 3}|tojson }}", "{{ text|tojson(indent=2) }} {{ messages|map(attribute='role')|list|tojson }}",
    ],
    "tests": [
        "{{ 'defined' is test }} {{ 'upper' is filter }}", "{{ 'a' is test not in [1] }}", "{{ 'upper' is filter(1) }}",
        "{% for x in [none, true, 1, 1.5, 'a', [], {}, (), missing, range(1)] %}{{ x is none }},{{ x is boolean }},{{ x is integer }},{{ x is float }},{{ x is number }},{{ x is string }},{{ x is mapping }},{{ x is iterable }},{{ x is sequence }},{{ x is callable }},{{ x is defined }};{% endfor %}", "{{ 3 is odd }} {{ 4 is even }} {{ 9 is divisibleby 3 }} {{ 9 is divisibleby(2) }} {{ 1 is eq 1 }} {{ 'a' is in 'abc' }} {{ 'a' is lower }} {{ 'A' is upper }} {{ 2 is gt 1 }} {{ 2 is not le 1 }} {{ none is sameas none }}", "{{ 1 is nonsense }}", "{{ true is true }} {{ 1 is true }} {{ false is false }} {{ 0 is false }} {{ 'upper' is filter }} {{ 'odd' is test }}", "{{ range is callable }} {{ d.get is callable }} {{ text.upper is callable }}", "{{ 'a' is odd }}", "{{ n is defined and n is number or false }}",
    ],
    "loops": [
        "{% for m in messages %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.cycle('x', 'y') }}{{ loop.previtem.role if loop.previtem is defined }}{{ loop.nextitem.role if not loop.last }};{% endfor %}", "{% for x in items if x > 1 %}{{ loop.index }}/{{ loop.length }}:{{ x }} {% else %}none{% endfor %}", "{% for x in [] %}{% else %}empty{% endfor %}", "{% for k, v in d.items() %}{{ k }}={{ v }} {% endfor %}", "{% for a, b in [[1, 2], [3]] %}{% endfor %}", "{% for a, (b, c) in [[1, [2, 3]]] %}{{ a }}{{ b }}{{ c }}{% endfor %}", "{% for x in 5 %}{% endfor %}", "{% for c in 'aé' %}[{{ c }}]{% endfor %}",
        "{% for x in items %}{% if x == 1 %}{% continue %}{% endif %}{{ x }}{% endfor %} {% for x in items %}{% if x == 1 %}{% break %}{% endif %}{{ x }}{% endfor %}", "{% for x in items %}{% continue %}{% else %}all went on{% endfor %}", "{% set x = 1 %}{% for i in items %}{{ x }}{% set x = i %}{{ x }} {% endfor %}{{ x }}", "{% set ns = namespace(x=1) %}{% for i in items %}{% set ns.x = ns.x + i %}{% endfor %}{{ ns.x }} {{ ns }}", "{% for i in items %}{% for j in range(2) %}{{ loop.index }}{{ i }}{{ j }} {% endfor %}{{ loop.index }}{% endfor %}", "{% for x in items %}{% if loop.changed(x > 1) %}c{% endif %}{% endfor %}",
        "{% for loop in items %}{% endfor %}", "{% break %}", "{% for i in items %}{% macro m() %}{{ i }}{% endmacro %}{{ m() }}{% endfor %}", "{% for x in items|select('gt', 1) %}{{ loop.last }}{{ loop.length }}{{ x }}{% endfor %}", "{% set ns = namespace(last='') %}{% for m in names if m != ns.last %}{% set ns.last = m %}{{ m }}{% endfor %}",
        "{% for i in range(3, 0, -1) %}{{ i }}{% endfor %} {{ range(5)|sum }} {{ range(2) }} {{ range(200000) }}", "{% for m in messages %}{{ tools }}{% endfor %}{% set tools = 1 %}|{{ tools }}", "{{ tools }}{% set tools = 1 %}{{ tools }}", "{% for i in [1, 2] %}{% if i == 1 %}{% set n = 9 %}{% endif %}{{ n }} {% endfor %}", "{% if false %}{% set n = 1 %}{% endif %}{{ n }}",
    ],
    "macros": [
        "{% macro m(a, b=2, c=a) %}[{{ a }}{{ b }}{{ c }}]{% endmacro %}{{ m(1) }}{{ m(1, 3) }}{{ m(b=1, a=4) }}{{ m() }}", "{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}", "{% macro m(a) %}{% endmacro %}{{ m(q=2) }}", "{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, x=3) }}", "{% macro m(x) %}<{{ caller(x) }}>{% endmacro %}{% call(y) m(5) %}body {{ y }}{% endcall %}", "{% macro m() %}{{ caller() }}{% endmacro %}{{ m() }}", "{% macro r(k) %}{{ k }}{% if k > 0 %}{{ r(k - 1) }}{% endif %}{% endmacro %}{{ r(3) }}", "{% macro r(k) %}{{ r(k) }}{% endmacro %}{{ r(3) }}",
        "{{ m() }}{% macro m() %}{% endmacro %}", "{% macro m() %}{{ x }}{% endmacro %}{% set x = 5 %}{{ m() }}", "{% macro m(a='q') %}{{ a }}{% endmacro %}{{ m(none) }}{{ m(*['z']) }}{{ m(**{'a': 'y'}) }} {{ m }}", "{% macro m() %}{% set n = 1 %}{{ n }}{% endmacro %}{{ m() }}{{ n }}", "{% macro m() %}  a {% endmacro %}[{{ m()|trim }}]",
    ],
    "statements": [
        "{% set x %}a{{ n }}{% endset %}{{ x }}{% set y | upper | trim %} q {% endset %}{{ y }}", "{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set a, b = b, a %}{{ a }}{{ b }}", "{% set a, b = [1] %}", "{% set ns = namespace(a=1, b={}) %}{% set ns.a = ns.a + 1 %}{% set ns.c = 'x' %}{{ ns.a }}{{ ns.c }}{{ ns.q }}|{{ ns['a'] }}", "{% set d.x = 1 %}", "{% if n > 9 %}a{% elif n > 5 %}b{% elif true %}c{% else %}d{% endif %}", "{% with x = 1, y = n %}{{ x }}{{ y }}{% set x = 2 %}{{ x }}{% endwith %}{{ x }}|", "{% generation %}{% set x = 3 %}{{ x }}{% endgeneration %}{{ x }}|", "{% print n, text %}",
        "{{ dict(a=1, **{'b': 2}) }} {{ dict([['x', 1]]) }} {{ dict(d, a=0) }} {{ namespace({'a': 1}).a }}", "{{ raise_exception('no') }}", "{{ d[] }}|{% if false %}{{ x is sequence in [] }}{% endif %}", "{{ strftime_now('%d %b %Y, %B %A %H:%M %j %y %m %a') }}", "{% if %}{% endif %}", "{% if true %}", "{{ (1 }}", "{{ 'a }}", "{% nonsense %}", "{{ 1 2 }}", "{% for x in %}{% endfor %}", "{{ }}", "{% set true = 1 %}", "{% set x = 1 %}{% if x == 1 %}{% set x = 2 %}{% endif %}{{ x }}", "{% endif %}", "{{ a b }}", "{% set x = %}", "{{ [1, 2,] }} {{ {'a': 1,} }} {{ (1,) }} {{ dict(a=1,) }}",
    ],
}  # fmt: skip


def main():
    cases = []
    for group, templates in GROUPS.items():
        for template in templates:
            cases.append({"group": group, "template": template, "text": oracle.render(template, VARIABLES)[0]})
    path = pathlib.Path(__file__).parent / "recorded.json"
    path.write_text(json.dumps({"variables": VARIABLES, "cases": cases}, indent=1) + "\n")


if __name__ == "__main__":
    main()
