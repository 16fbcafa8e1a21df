"""Pairs of texts that have much in common, made by chance: words with endings that a stemmer knows, letters of many
scripts, all kinds of white space, punctuation and line ends, and texts of nothing."""

STEMS = """agree allow argu baker believ bless cat compute connect control decid depend differ die enjoy fail fall feud file
fizz fly form geo gener go good happ hesit hop hope howe inn intend jog lie log mate motor nation news oper out plaster pon
possib predic proceed rad rat ration relat replac revis roll sens size sk sky spy succeed tan terr tie time trap trouble
tri us van vile yell yyy""".split()
ENDINGS = """ s es ies sses ss ed ing eed ied y ational tional enci anci izer bli abli alli entli eli ousli ization ation ator
alism iveness fulness ousness aliti iviti biliti fulli logi icate ative alize iciti ical ful ness al ance ence er ic able ible
ant ement ment ent ion sion tion ou ism ate iti ous ive ize e ll lle ying edly""".split(" ")
SHORT = "a an the of to in is it at be by I A The AN go us as 7 42 1,000 3.14 don't x-ray e.g. U.S. O'Neil".split()
FOREIGN = ("na\u00efve caf\u00e9 \u00dcber stra\u00dfe \u0130stanbul \u212aelvin \u039f\u0394\u039f\u03a3 \u039f\u0394\u039f\u03a3. "
           "\u03c3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2 \u041c\u043e\u0441\u043a\u0432\u0430 \u6771\u4eac \u0627\u0644\u0642\u0627\u0647\u0631\u0629 "
           "\U0001f642 \u2075 \u00bd \u01c5 e\u0301 a\u0301 the\u0301 \u2047 \u00adan \u2019tis \ufb01ne K A\u030a").split(" ")
SPACES = [" "] * 12 + ["  ", "\t", "\n", "\n", "\n\n", "\r\n", ". ", ". ", ".", ", ", "; ", " - ", "\u00a0", "\u2003", "\u3000", "\x1c",
                       "\u2028", "\x85", "_", "!", "\u200b"]


def word(random):
    kind = random.random()
    if kind < 0.55:
        made = random.choice(STEMS) + random.choice(ENDINGS)
        if random.random() < 0.15:
            made += random.choice(ENDINGS)
    elif kind < 0.85:
        made = random.choice(SHORT)
    elif kind < 0.93:
        made = random.choice(FOREIGN)
    else:
        made = "".join(random.choice("aeiouybcdlstz019") for _ in range(random.randrange(1, 12)))
    return made.upper() if random.random() < 0.03 else made.capitalize() if random.random() < 0.1 else made


def text(random, words):
    return "".join(part for each in words for part in (each, random.choice(SPACES)))


def changed(random, words):
    """Some words left out, put in, or moved."""
    words = [each for each in words if random.random() > 0.25]
    for _ in range(random.randrange(0, 4)):
        words.insert(random.randrange(len(words) + 1), word(random))
    if len(words) > 4 and random.random() < 0.4:
        begin, end = sorted(random.sample(range(len(words)), 2))
        words = words[end:] + words[begin:end] + words[:begin]
    return words


def pair(random):
    """(prediction, reference)"""
    if random.random() < 0.03:
        return (random.choice(["", " ", "\n", ".", "a", "\u2003", "word"]),
                random.choice(["", " ", "\n", ".", "the", "\u0130", "word"]))
    vocabulary = [word(random) for _ in range(random.choice([2, 5, 20, 200]))]
    length = random.choice([1, 3, 10, 40, 120, 300]) if random.random() < 0.95 else 700
    words = [random.choice(vocabulary) for _ in range(random.randrange(1, length + 1))]
    reference = text(random, words)
    other = reference if random.random() < 0.02 else text(random, changed(random, words))
    return other, reference
