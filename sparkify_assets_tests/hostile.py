"""Records made to be misread: what is odd about numbers, text, bytes and JSON's grammar, wherever a value may stand.

Each class is generated, so that nothing here is anybody else's corpus. Which of the records are good is not said here:
`record_oracle.py` decides that.
"""

import json
from collections.abc import Iterator

from sparkify_assets_tests.lakes import event, song


def each(words: str) -> list[str]:
    return words.split()


# What JSON calls a number, and what only looks like one. Some are too large for every type, some too long for a column.
NUMBERS = [
    *each("0 -0 7 -7 00 01 -01 +1 1. .5 -.5 1.0 1.50 -0.0 0.0 0e0 0E-0 1e5 1E5 1e+5 1E-5 1e 1e+ 1ee5 1e5.0 1.5.5 1,5"),
    *each("1_000 0x1F 0b1 0o7 2147483647 2147483648 -2147483648 -2147483649 4102444800000 4102444800001 --1 1-1 -"),
    *each("1541106106796.0 9223372036854775807 9223372036854775808 -9223372036854775809 18446744073709551615"),
    *each("18446744073709551616 999999999999999999 1000000000000000000 9007199254740993 0.1 0.30000000000000004"),
    *each("1e22 1e23 1e308 1.7976931348623157e308 1.7976931348623159e308 1e309 -1e309 1e400 1e99999 1e1000000000000"),
    *each("5e-324 2e-324 1e-400 -1e-400 2.2250738585072011e-308 123456789012345678901234567890"),
    *each("NaN nan -NaN Infinity -Infinity inf \u0663 \uff11"),
    *("9" * 309, "9" * 1000, "0." + "3" * 1000, "1" * 400 + "." + "1" * 400),
    *("1 000", "1" + "0" * 5000, "0" * 5000 + "1"),
]
# Texts that a reader, a writer, a statement or a page could take for something else.
TEXTS = [
    *each(r"""NULL null None undefined \N \ \\ " "" ' '' ` `id` $1 %s {} { [ [1] {"a":1} ${HOME} $(id) ../x C:\new """),
    *each("&lt; ]]> a,b a|b true TRUE no 2018-02-30 0000-00-00 2018-11-15T24:00:00Z 12:60 1/2/3 ';"),
    *("", " ", "  x  ", "\t", "a\tb", "a\nb", "a\r\nb", "\b\f", "a\x01b", "\x7f", "\x1b[2J"),
    *("\x85\x9f", "\xa0", "\xad"),
    *("\u2028\u2029", "\ufeffx", "x\ufeff", "\ufffd", "\ufffe\uffff", "\ufdd0", "\u202eabc", "\u200b", "\u2066x\u2069"),
    *("é", "e\u0301", "ß", "\u017f", "İı", "漢字", "\ufdfa", "a" + "\u0300" * 100, "\uff71", "\u0633\u0644", "\u05e9"),
    *("😀", "\U0001f469\u200d\U0001f467", "\U0001f1e9\U0001f1ea", "\U0001f3fd", "\U0010ffff", "\ue000"),
    *("x" * 16, "x" * 17, "é" * 8, "é" * 8 + "x", "😀" * 4, "😀" * 4 + "x", "x" * 1024, "x" * 1025, "é" * 512),
    *("漢" * 341 + "x", "漢" * 341 + "xx", "😀" * 256, "😀" * 256 + "x"),
]
# JSON strings as they are written, with escapes that are and that are not of its grammar.
STRINGS = [
    *each(r""" "\u0041" "\u00e9" "\u0000" "a\u0000b" "\u001f" "\u007f" "\ufeff" "\uffff" "\/" "\b\f\n\r\t\"\\" "" """),
    *each(r""" "\ud83d\ude00" "\uD83D\uDE00" "\ud83d" "\ude00" "\ude00\ud83d" "\ud83d\ud83d\ude00" "\ud83dx\ude00" """),
    *each(r""" "\ud83d\u0041" "\u0041\ude00" "\\ud83d" "\\\ud83d" "\u{41}" "\u41" "\u00G0" "\U0041" "\x41" "\a" """),
    *each(r""" "\'" "\0" "\" "\\ "open 'single' bare "a"b """),
    *('"a" "b"', '"tab\there"', '"\x01"', '"\x1f"', '"\x7f"'),
]
# Bytes within a string: the ends of what is UTF-8, overlong, cut, out of range, halves of a character, other encodings.
BYTES = [
    *each(
        "00 7f 80 bf c080 c1bf c280 c3 dfbf e080af e09fbf e0a080 e282 e280a8 ed9fbf eda080 edbfbf eda0bdedb880 efbfbf"
    ),
    *each("f08080af f08fbfbf f09f98 f48fbfbf f4908080 f5808080 f888808080 fc8480808080 fe ff fffe 636166e9"),
]
OTHERS = [
    *each('true false null True TRUE nul nulll {} [] {"a":1} [1] [1,] [,] [1 ] {"a":1,} {"a"} {a:1} {1:2} {"a"::1}'),
    *each("[[[]]] [NaN] [1e999] /**/1 ]"),
    *("[1 2]", "[1", '{"a":1 "b":2}', "", '[{"a":[{}]}]'),
    *("[" * 499 + "]" * 499, "[" * 500 + "]" * 500, '{"a":' * 300 + "1" + "}" * 300, '{"a":[' * 250 + "]}" * 250),
    *("[" * 1500, '{"a":' * 1500, "[" * 20_000, '{"a":' * 20_000),
    *("[" + ",".join(["[]"] * 600) + "]", '["' + "[" * 600 + '"]'),
]
# What surrounds a good record, `%s`, or stands in its place.
AROUND = [
    *each("%s, ,%s %s%s [%s] [%s %s] %s} {%s} (%s) %s; %s# %s// /**/%s '%s'"),
    *("%s %s", " %s ", "\t%s\t", "%s\r", "\r\r%s", "%s\x00", "\x00%s", "\v%s", "%s\v", "\f%s", "%s\f"),
    *("\xa0%s", "%s\x85", "\u2028%s", "\ufeff%s", "%s\ufeff"),
    *each(r'x null true 1 -0 1e400 "text" [] {} { } " \ , : NaN'),
    *("\x00", "\v", "\x1a", "[" * 1500, "[" * 20_000, '{"a":' * 20_000, "{" * 20_000, "]" * 20_000),
    *('["' * 5000, '\\"' * 5000, '{"":' * 600 + "1" + "}" * 600),
]
# Text columns with much room and with little, one of each other kind, required ones, and a key that nobody reads.
EVENT_KEYS, SONG_KEYS = ("artist", "gender", "page", "userId", "ts", "length", "x"), ("title", "year", "duration", "x")


def values() -> Iterator[bytes]:
    """What may stand where a record has a value."""
    yield from (number.encode() for number in NUMBERS)
    yield from (json.dumps(text).encode() for text in [*NUMBERS, *TEXTS])
    yield from (json.dumps(text, ensure_ascii=False).encode() for text in TEXTS)
    yield from (string.encode() for string in [*STRINGS, *OTHERS])
    yield from (b'"a' + bytes.fromhex(some) + b'b"' for some in BYTES)


def hostile_events() -> list[bytes]:
    """Log records, none of which has an LF; each has its own number in its session."""
    good = [json.dumps(event(itemInSession=100_000 + n)).encode() for n in range(len(AROUND))]
    records = [text.encode().replace(b"%s", record) for text, record in zip(AROUND, good, strict=True)]
    for number, (key, value) in enumerate((key, value) for value in values() for key in EVENT_KEYS):
        fields = {name: what for name, what in event(itemInSession=number).items() if name != key}
        records.append(_with(fields, key.encode(), value))
    for number, value in enumerate([*(json.dumps(text).encode() for text in TEXTS), *(s.encode() for s in STRINGS)]):
        # Under a key that is there twice, or under one that differs only in its case or its escapes; and as a key.
        records.append(_with(event(itemInSession=200_000 + number), b"artist", value))
        records.append(_with(event(itemInSession=300_000 + number), b"Artist", value))
        records.append(_with(event(itemInSession=400_000 + number), b"\\u0061rtist", value))
        records.append(json.dumps(event(itemInSession=500_000 + number)).encode()[:-1] + b"," + value + b":1}")
    return [record.replace(b"\n", b" ") for record in records]


def hostile_songs() -> list[bytes]:
    """Song records, each for a file of its own."""
    good = [json.dumps(song(song_id=f"SOA{n}")).encode() for n in range(len(AROUND))]
    records = [text.encode().replace(b"%s", record) for text, record in zip(AROUND, good, strict=True)]
    for number, (key, value) in enumerate((key, value) for value in values() for key in SONG_KEYS):
        fields = {name: what for name, what in song(song_id=f"SO{number}").items() if name != key}
        records.append(_with(fields, key.encode(), value))
    return records


def _with(fields: dict[str, object], key: bytes, value: bytes) -> bytes:
    return json.dumps(fields).encode()[:-1] + b',"' + key + b'":' + value + b"}"
