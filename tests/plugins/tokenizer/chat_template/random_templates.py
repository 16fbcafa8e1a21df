"""Random templates of the language that chat templates use, and random variables for them."""

import random

NAMES = ["messages", "tools", "x", "y", "z", "n", "text", "flag", "nothing", "ns", "items", "d", "missing"]
TEXTS = ["", "a", "Hello", " b ", "\\n", "é", "日本", "a,b,c", "x\\ty", "<|im_end|>", "42", "-3", "1.5", "'q'", "İSTANBUL", "ß", "user"]
FILTERS = [
    "trim", "upper", "lower", "title", "capitalize", "length", "count", "first", "last", "list", "string", "int", "float",
    "abs", "min", "max", "sum", "unique|list", "sort", "reverse|list", "tojson", "items|list", "dictsort", "join", "join('-')",
    "default('d')", "default('d', true)", "d(1)", "replace('a', 'bb')", "replace('l', '', 1)", "indent", "indent(2, true)",
    "indent(2, first=true, blank=true)", "tojson(indent=2)", "tojson(ensure_ascii=true)", "tojson(sort_keys=true)",
    "tojson(separators=(',', ':'))", "round", "round(1)", "round(1, 'floor')", "round(0, 'ceil')", "batch(2)|list",
    "batch(3, 'f')|list", "map('upper')|list", "map('string')|join(',')", "map(attribute='role')|list",
    "map(attribute='role', default='none')|list", "select|list", "select('string')|list", "reject('string')|list",
    "select('defined')|list", "select('gt', 1)|list", "selectattr('role')|list", "selectattr('role', 'equalto', 'user')|list",
    "selectattr('role', '==', 'user')|map(attribute='content')|list", "rejectattr('role', 'equalto', 'system')|list",
    "sort(reverse=true)", "sort(attribute='role')", "map('length')|list", "unique(true)|list", "max(attribute='n')", "center(9)",
    "format(1)", "escape|string", "select|first", "reject|first", "map('trim')|first", "items|first", "dictsort(by='value')",
    "dictsort(reverse=true)", "dictsort(true)", "sum(attribute='n')", "sum(start=2)", "int(7)", "int(0, 16)", "float(2.5)",
]  # fmt: skip
TESTS = [
    "defined", "undefined", "none", "string", "mapping", "iterable", "sequence", "number", "integer", "float", "boolean",
    "true", "false", "callable", "odd", "even", "divisibleby 2", "divisibleby(3)", "in [1, 'a', 'user']", "equalto 'user'",
    "eq 1", "ne 1", "lower", "upper", "sameas none", "gt 1", "lt(2)", "in 'Hello'", "filter", "test",
]  # fmt: skip
METHODS = [
    "strip()", "lstrip()", "rstrip()", "strip('a')", "lstrip(' H')", "rstrip('o\\n')", "split()", "split(',')", "split('l', 1)",
    "rsplit(' ', 1)", "split(none, 1)", "startswith('H')", "endswith('o')", "startswith(('a', 'H'))", "upper()", "lower()",
    "title()", "capitalize()", "swapcase()", "replace('a', 'b')", "replace('l', 'L', 1)", "replace('', '.')", "join(['a', 'b'])",
    "join(items)", "items()", "keys()", "values()", "items()|list", "keys()|list", "values()|list", "get('role')",
    "get('role', 'none')", "get('q', 1)", "find('l')", "rfind('l')", "find('l', 3)", "index('l')", "count('l')", "count(1)",
    "append(1)", "pop()", "isdigit()", "isalpha()", "isspace()", "isupper()", "islower()", "isalnum()", "splitlines()",
    "splitlines(true)", "partition(',')", "rpartition(',')", "removeprefix('H')", "removesuffix('o')", "ljust(7)", "rjust(7, '*')",
    "zfill(5)", "center(8)", "copy()", "isnumeric()", "isdecimal()", "isalnum()",
]  # fmt: skip
ATTRIBUTES = ["role", "content", "items", "keys", "missing", "n", "a", "attr", "0"]
OPERATORS = ["+", "-", "*", "/", "//", "%", "**", "~", "==", "!=", "<", "<=", ">", ">=", "in", "not in", "and", "or"]
TEXT_FILTERS = [
    "trim", "upper", "lower", "title", "capitalize", "replace('a', 'bb')", "replace('l', '', 1)", "indent", "indent(2, true)",
    "default('d', true)", "string", "tojson", "tojson(ensure_ascii=true)", "center(9)", "trim('a ')", "first", "last", "reverse",
    "escape|string", "indent(1, blank=true)",
]  # fmt: skip
TEXT_METHODS = [
    "strip()", "lstrip()", "rstrip()", "strip('a')", "lstrip(' H')", "rstrip('o\\n')", "upper()", "lower()", "title()",
    "capitalize()", "swapcase()", "replace('a', 'b')", "replace('l', 'L', 1)", "replace('', '.')", "split('l')[0]",
    "split('l')[-1]", "rsplit(' ', 1)[0]", "split(none, 1)|join", "splitlines()|join('|')", "partition(',')[2]",
    "rpartition('l')[0]", "removeprefix('H')", "removesuffix('o')", "ljust(7)", "rjust(7, '*')", "zfill(5)", "center(8)",
]  # fmt: skip
SEQUENCE_FILTERS = [
    "list", "reverse|list", "unique|list", "batch(2)|list", "batch(3, 'f')|list", "map('string')|list", "select|list",
    "reject|list", "select('string')|list", "reject('string')|list", "select('number')|list", "select('defined')|list",
    "map('string')|map('upper')|list", "map('string')|sort", "map('string')|map('length')|list", "sort", "default([])",
    "map('string')|sort(reverse=true)", "map('string')|unique|list", "select('mapping')|list", "rejectattr('role')|list",
]  # fmt: skip
MESSAGE_FILTERS = [
    "map(attribute='role')|list", "map(attribute='role', default='none')|list", "selectattr('role', 'equalto', 'user')|list",
    "selectattr('role', '==', 'user')|map(attribute='content')|list", "rejectattr('role', 'equalto', 'system')|list",
    "selectattr('n', 'defined')|list", "sort(attribute='role')", "selectattr('role', 'in', ['user', 'tool'])|list",
    "map(attribute='n', default=0)|list", "rejectattr('n')|map(attribute='role')|list", "map('items')|map('list')|list",
]  # fmt: skip
SAFE_TESTS = [
    "defined", "undefined", "none", "string", "mapping", "iterable", "sequence", "number", "integer", "float", "boolean",
    "true", "false", "callable", "equalto 'user'", "eq 1", "ne 1", "sameas none", "in [1, 'a', 'user']",
]  # fmt: skip
LOOPS = [
    "index", "index0", "revindex", "revindex0", "first", "last", "length", "previtem", "nextitem", "cycle('a', 'b')",
    "changed(x)", "depth", "depth0", "previtem.role", "nextitem is defined",
]  # fmt: skip


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.loops = 0
        self.macros = []

    def one(self, choices):
        return self.random.choice(choices)

    def chance(self, probability):
        return self.random.random() < probability

    def literal(self):
        kind = self.random.randrange(9)
        if kind < 3:
            return f"'{self.one(TEXTS)}'".replace("''q''", "\"'q'\"")
        if kind < 5:
            return self.one(["0", "1", "2", "-1", "10", "7", "1.5", "2.0", "1e3", "0.1", "1_000", "1e20", "0x1F"])
        return self.one(["true", "false", "none", "True", "None", "[]", "{}", "()", "[1, 2, 3]", "['b', 'a', 'B']"])

    def expression(self, depth):
        """Mostly what is likely to work: templates that raise at once show little."""
        if self.chance(0.04):
            return self.wild(depth)
        return getattr(self, self.one(["text", "text", "text", "number", "sequence", "mapping", "truth", "message"]))(depth)

    def text(self, depth):
        kind = self.random.randrange(15) if depth > 0 else self.random.randrange(3)
        inner = depth - 1
        if kind == 0:
            return f"'{self.one(TEXTS)}'".replace("''q''", "\"'q'\"")
        if kind < 3:
            return self.one(["text", "text", "text", "messages[0].role", "messages[-1]['content']", "ns.a"])
        if kind < 5:
            return f"{self.parenthesized(self.text(inner))}|{self.one(TEXT_FILTERS)}"
        if kind < 7:
            return f"{self.parenthesized(self.text(inner))}.{self.one(TEXT_METHODS)}"
        if kind == 7:
            return f"({self.text(inner)} {self.one(['+', '~'])} {self.text(inner)})"
        if kind == 8:
            return f"({self.expression(inner)} ~ {self.expression(inner)})"
        if kind == 9:
            return f"{self.parenthesized(self.text(inner))}[{self.subscript()}]"
        if kind == 10:
            return f"{self.parenthesized(self.sequence(inner))}|{self.one(['join', 'join(text)', 'map(' + repr('string') + ')|join'])}"
        if kind == 11:
            return f"{self.parenthesized(self.expression(inner))}|{self.one(['string', 'tojson', 'tojson(indent=1)', 'tojson(sort_keys=true)'])}"
        if kind == 12:
            return f"({self.text(inner)} if {self.truth(inner)} else {self.text(inner)})"
        if kind == 13:
            return f"'%{self.one(['s', 'r', '-4s', '5s', '.2s'])}|%{self.one(['d', '03d', '5.1f', '+d', 'e', 'g', '.3g'])}' % ({self.expression(inner)}, {self.number(inner)})"
        return self.call(depth)

    def number(self, depth):
        kind = self.random.randrange(10) if depth > 0 else self.random.randrange(4)
        inner = depth - 1
        if kind < 2:
            return self.one(["0", "1", "2", "10", "7", "1.5", "2.0", "0.1", "1_000", "0x1F", "1e3", "1e20"])
        if kind < 4:
            return self.one(["n", "n", "ns.attr"] + (["loop.index", "loop.index0", "loop.revindex", "loop.length"] if self.loops else []))
        if kind == 4:
            return f"{self.parenthesized(self.sequence(inner))}|{self.one(['length', 'count'])}"
        if kind == 5:
            return f"{self.parenthesized(self.number(inner))}|{self.one(['int', 'float', 'abs', 'round', 'round(1)', 'round(1, ' + repr('floor') + ')', 'default(1)'])}"
        if kind == 6:
            return f"{self.parenthesized(self.text(inner))}{self.one(['|length', '|int', '|float', '.find(' + repr('l') + ')', '.count(' + repr('a') + ')'])}"
        if kind == 7:
            return f"range({self.random.randrange(1, 6)})|{self.one(['sum', 'max', 'min', 'first', 'last'])}"
        if kind == 8:
            return f"-{self.parenthesized(self.number(inner))}"
        return f"({self.number(inner)} {self.one(['+', '-', '*', '/', '//', '%', '**'])} {self.number(inner)})"

    def sequence(self, depth):
        kind = self.random.randrange(12) if depth > 0 else self.random.randrange(4)
        inner = depth - 1
        if kind == 0:
            return self.one(["[]", "[1, 2, 3]", "['b', 'a', 'B']", "(1, 'x')", "range(4)"])
        if kind < 4:
            return self.one(["items", "messages", "messages"])
        if kind < 6:
            return f"{self.parenthesized(self.sequence(inner))}|{self.one(SEQUENCE_FILTERS)}"
        if kind == 6:
            return f"{self.parenthesized(self.sequence(inner))}[{self.slice()}]"
        if kind == 7:
            return "[" + ", ".join(self.expression(inner) for _ in range(self.random.randrange(4))) + "]"
        if kind == 8:
            return f"{self.parenthesized(self.text(inner))}{self.one(['.split()', '.split(' + repr(',') + ')', '|list', '.splitlines()', '.partition(' + repr(' ') + ')'])}"
        if kind == 9:
            return f"{self.parenthesized(self.mapping(inner))}{self.one(['.items()|list', '.keys()|list', '.values()|list', '|list', '|dictsort', '|items|list'])}"
        if kind == 10:
            return f"messages|{self.one(MESSAGE_FILTERS)}"
        return f"({self.sequence(inner)} + [{self.expression(inner)}])"

    def mapping(self, depth):
        kind = self.random.randrange(6) if depth > 0 else self.random.randrange(3)
        if kind < 3:
            return self.one(["d", "d", "{}", "{'a': 1, 'b': [2]}"])
        if kind == 3:
            return f"dict(a={self.expression(depth - 1)}, role='user')"
        if kind == 4:
            return "messages[0]"
        keys = [self.one(["'a'", "'role'", "1", "none", "text", "1.0", "true", "('a', 1)"]) for _ in range(self.random.randrange(4))]
        return "{" + ", ".join(f"{key}: {self.expression(depth - 1)}" for key in keys) + "}"

    def truth(self, depth):
        kind = self.random.randrange(9) if depth > 0 else self.random.randrange(2)
        inner = depth - 1
        if kind < 2:
            return self.one(["flag", "true", "missing", "messages", "items", "nothing"] + (["loop.first", "loop.last"] if self.loops else []))
        if kind == 2:
            return f"{self.parenthesized(self.expression(inner))} is {self.one(['', 'not '])}{self.one(SAFE_TESTS)}"
        if kind == 3:
            return f"({self.number(inner)} {self.one(['==', '!=', '<', '<=', '>', '>='])} {self.number(inner)})"
        if kind == 4:
            return f"({self.text(inner)} {self.one(['==', '!=', '<', 'in', 'not in', '>='])} {self.text(inner)})"
        if kind == 5:
            return f"({self.expression(inner)} {self.one(['in', 'not in', '==', '!='])} {self.sequence(inner)})"
        if kind == 6:
            return f"(not {self.truth(inner)})"
        if kind == 7:
            return f"{self.parenthesized(self.text(inner))}.{self.one(['startswith(text)', 'endswith(' + repr('o') + ')', 'isdigit()', 'isupper()', 'isspace()'])}"
        return f"({self.truth(inner)} {self.one(['and', 'or'])} {self.expression(inner)})"

    def message(self, depth):
        names = ["messages[0]", "messages[-1]", "d", "x"] + (["m", "loop.previtem", "loop.nextitem"] if self.loops else [])
        name = self.one(names)
        if name.startswith("loop"):
            return f"({name}.role if {name} is {self.one(['mapping', 'defined'])} else {self.text(depth - 1)})"
        return name + self.one([".role", "['content']", ".content", ".get('role')", ".get('n', 0)", "['n']", ".missing", ""])

    def parenthesized(self, made):
        return made if made.isalpha() else f"({made})"

    def subscript(self):
        return self.slice() if self.chance(0.7) else self.one(["0", "-1", "1", "5"])

    def slice(self):
        parts = [self.one(["", "0", "1", "-1", "2", "-2", "5"]) for _ in range(self.one([2, 2, 3]))]
        if len(parts) == 3:
            parts[2] = self.one(["", "1", "-1", "2", "-2"])
        return ":".join(parts)

    def wild(self, depth):
        """Anything with anything."""
        if depth <= 0:
            return self.one(NAMES) if self.chance(0.6) else self.literal()
        kind = self.random.randrange(7)
        inner = depth - 1
        if kind == 0:
            return f"{self.operand(inner)}|{self.one(FILTERS)}"
        if kind == 1:
            return f"{self.operand(inner)}.{self.one(METHODS)}"
        if kind == 2:
            return f"{self.operand(inner)}.{self.one(ATTRIBUTES)}"
        if kind == 3:
            return f"{self.operand(inner)}[{self.one(['0', '-1', '1', repr('role'), repr('content'), self.wild(inner)])}]"
        if kind == 4:
            return f"({self.wild(inner)} {self.one(OPERATORS)} {self.wild(inner)})"
        if kind == 5:
            return f"{self.operand(inner)} is {self.one(['', 'not '])}{self.one(TESTS)}"
        return f"{self.one(['not ', '-', '+'])}{self.operand(inner)}"

    def operand(self, depth):
        return self.parenthesized(self.wild(depth))

    def call(self, depth):
        inner = lambda: self.expression(depth - 1)  # noqa: E731
        if self.loops and self.chance(0.5):
            return f"loop.{self.one(LOOPS)}"
        if self.macros and self.chance(0.7):
            name = self.one(self.macros)
            return f"{name}({inner()}{self.one(['', '', ', 1', ', b=2', ', q=3', ', 1, 2'])})"
        return self.one(
            [
                f"namespace(a={inner()}).a",
                f"range({self.random.randrange(5)}, {self.random.randrange(9)}, {self.one(['1', '2', '-1', '0'])})|list",
                f"range(6)|select('odd')|{self.one(['list', 'first', 'sum', 'map(' + repr('string') + ')|join'])}",
                "ns.attr",
            ]
        )

    def tag(self, text):
        return "{%" + self.one(["", "", "", "-", "+"]) + f" {text} " + self.one(["", "", "", "-", "+"]) + "%}"

    def data(self):
        return self.one(["", " ", "\n", "  ", "a", "text\n", "\n  ", "\n\n", " b ", "\t", "é\n", "{ }", "%}"])

    def assignment(self):
        if self.chance(0.1):
            return self.tag(f"set {self.one(['x, y', 'x', 'missing', 'ns.a', 'd'])} = {self.expression(3)}")
        makers = [("text", self.text), ("ns.a", self.text), ("n", self.number), ("ns.attr", self.number), ("items", self.sequence)]
        target, maker = self.one(makers + [("d", self.mapping), ("x", self.expression), ("flag", self.truth)])
        return self.tag(f"set {target} = {maker(3)}")

    def statement(self, depth):
        kind = self.random.randrange(20)
        body = lambda: self.body(depth - 1)  # noqa: E731
        if kind < 7 or depth <= 0:
            return "{{" + self.one(["", "", "-"]) + f" {self.expression(3)} " + self.one(["", "", "-"]) + "}}"
        if kind < 10:
            return self.assignment()
        if kind < 13:
            made = self.tag(f"if {self.truth(2)}") + body()
            for _ in range(self.random.randrange(3)):
                made += self.tag(f"elif {self.truth(2)}") + body()
            if self.chance(0.5):
                made += self.tag("else") + body()
            return made + self.tag("endif")
        if kind < 17:
            return self.loop(depth)
        if kind == 17:
            return self.macro(depth)
        return self.other(depth)

    def loop(self, depth):
        target = self.one(["m", "m", "x", "i"])
        source = self.one(["messages", "messages", "items", "range(3)", "d", "text", "tools or []", self.sequence(2)])
        if self.chance(0.2):
            target, source = self.one(["x, y", "k, v"]), self.one(["d.items()", "d|items", "d|dictsort", "[[1, 2], ['a', 'b']]", "items"])
        test = f" if {self.truth(2)}" if self.chance(0.25) else ""
        made = self.tag(f"for {target} in {source}{test}")
        self.loops += 1
        made += self.body(depth - 1)
        if self.chance(0.2):
            made += self.tag(f"if {self.truth(1)}") + self.tag(self.one(["break", "continue"])) + self.tag("endif")
            made += self.body(depth - 1)
        self.loops -= 1
        if self.chance(0.2):
            made += self.tag("else") + self.body(depth - 1)
        return made + self.tag("endfor")

    def macro(self, depth):
        name = self.one(["m1", "m2", "m3"])
        parameters = self.one(["a", "a, b=1", "a, b='x'", "", "x, y=2", "a, b=a"])
        loops, self.loops = self.loops, 0
        inside = self.body(depth - 1)
        if self.chance(0.2):
            inside += self.one(["{{ varargs }}", "{{ kwargs }}", "{{ caller() }}"])
        made = self.tag(f"macro {name}({parameters})") + inside + self.tag("endmacro")
        self.loops = loops
        self.macros.append(name)
        return made

    def other(self, depth):
        body = lambda: self.body(depth - 1)  # noqa: E731
        kind = self.random.randrange(9)
        if kind == 0:
            return self.tag(f"set {self.one(['x', 'text', 'ns.a'])}{self.one(['', ' | upper', ' | trim | length'])}") + body() + self.tag("endset")
        if kind == 1:
            return self.tag(f"filter {self.one(['upper', 'trim', 'replace(' + repr('a') + ', text)', 'trim|title'])}") + body() + self.tag("endfilter")
        if kind == 2:
            return self.tag("generation") + body() + self.tag("endgeneration")
        if kind == 3:
            return self.tag("raw") + self.one(["{{ x }}", "{% if %}", " a \n", "{# c #}"]) + self.tag("endraw")
        if kind == 4:
            return "{#" + self.one(["", "-", "+"]) + " note " + self.one(["", "-", "+"]) + "#}"
        if kind == 5:
            return self.tag(f"with x = {self.expression(2)}, q = 1") + body() + self.tag("endwith")
        if kind == 6 and self.macros:
            return self.tag(f"call {self.one(self.macros)}({self.expression(1)})") + body() + self.tag("endcall")
        if kind == 7:
            return self.tag("if messages|length > 2") + "{{ raise_exception('no: ' ~ x) }}" + self.tag("endif")
        return "{{ strftime_now('%d %b %Y') }}"

    def body(self, depth):
        made = self.data()
        for _ in range(self.random.randrange(1, 4)):
            made += self.statement(depth) + self.data()
        return made

    def template(self):
        start = "{% set ns = namespace(attr=1, a='b') %}" if self.chance(0.97) else ""
        return start + self.body(3)

    def value(self, depth=2):
        kind = self.random.randrange(10)
        if kind < 3:
            return self.one(["", "a", "Hello", " b \n", "é", "日本語", "a,b,c", "x\ty", "42", "-3", "1.5", "user", "'\"\\", "\x00\x7f", "ß\u2028"])
        if kind < 6:
            return self.one([0, 1, 2, -1, 10, 7, 1.5, 2.0, -0.0, 0.1, True, False, None, 1e16, 1e-7, 123456789])
        if depth <= 0:
            return None
        if kind < 8:
            return [self.value(depth - 1) for _ in range(self.random.randrange(4))]
        return {self.one(["a", "role", "items", "n", "b", "Z"]): self.value(depth - 1) for _ in range(self.random.randrange(4))}

    def chat_turn(self):
        content = self.one(["", "Hello", " b \n", "é", "a,b", "x\ty", "42", "<think>a</think>\nb", "\u2028q"])
        made = {"role": self.one(["user", "assistant", "system", "tool"]), "content": content if self.chance(0.8) else self.value(1)}
        if self.chance(0.3):
            made["n"] = self.random.randrange(5)
        return made

    def variables(self):
        made = {"messages": [self.chat_turn() for _ in range(self.one([0, 1, 2, 2, 3, 3]))], "flag": self.chance(0.5), "nothing": None}
        made["tools"] = self.one([None, [], [{"name": "f", "items": [1, 2.5]}]])
        made["text"] = self.one(["", "Hello", " a b ", "a,b,c", "Straße\n x"])
        made["n"] = self.one([0, 1, 3, -2, 2.5])
        made["items"] = self.one([[], [1, 2, 3], ["b", "a"], [3, 1, 2], [[1, 2], [3, 4]], [0, "", None, 1]])
        made["d"] = self.one([{}, {"a": 1}, {"role": "user", "n": 2}, {"b": 1, "a": [1]}, {"items": 1}])
        for name in ["x", "y", "z"]:
            if self.chance(0.8):
                made[name] = self.value()
        return made
