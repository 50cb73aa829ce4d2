"""What Unicode 14 says of folding, as the PostgreSQL functions of revision 0003 need it. Written out, so that it stays.

Source: the Unicode Character Database 14.0, CaseFolding.txt and UnicodeData.txt, through Python's `unicodedata`.
"""

from __future__ import annotations

_ALONE = """
    b5>3bcx1 17f>73x1 345>3b9x1 3c2>3c3x1 3d0>3b2x1 3d1>3b8x1 3d5>3c6x1 3d6>3c0x1 3f0>3bax1 3f1>3c1x1
    3f5>3b5x1 13f8>13f0x6 1c80>432x1 1c81>434x1 1c82>43ex1 1c83>441x2 1c85>442x1 1c86>44ax1 1c87>463x1
    1c88>a64bx1 1e9b>1e61x1 1fbe>3b9x1 ab70>13a0x80
"""
"""Lower-case letters that fold to one other: the first of a run, what it folds to, how many follow alike."""

_TO_SEVERAL = """
    df>73+73 149>2bc+6e 1f0>6a+30c 390>3b9+308+301 3b0>3c5+308+301 587>565+582 1e96>68+331 1e97>74+308
    1e98>77+30a 1e99>79+30a 1e9a>61+2be 1f50>3c5+313 1f52>3c5+313+300 1f54>3c5+313+301 1f56>3c5+313+342
    1f80>1f00+3b9 1f81>1f01+3b9 1f82>1f02+3b9 1f83>1f03+3b9 1f84>1f04+3b9 1f85>1f05+3b9 1f86>1f06+3b9
    1f87>1f07+3b9 1f90>1f20+3b9 1f91>1f21+3b9 1f92>1f22+3b9 1f93>1f23+3b9 1f94>1f24+3b9 1f95>1f25+3b9
    1f96>1f26+3b9 1f97>1f27+3b9 1fa0>1f60+3b9 1fa1>1f61+3b9 1fa2>1f62+3b9 1fa3>1f63+3b9 1fa4>1f64+3b9
    1fa5>1f65+3b9 1fa6>1f66+3b9 1fa7>1f67+3b9 1fb2>1f70+3b9 1fb3>3b1+3b9 1fb4>3ac+3b9 1fb6>3b1+342
    1fb7>3b1+342+3b9 1fc2>1f74+3b9 1fc3>3b7+3b9 1fc4>3ae+3b9 1fc6>3b7+342 1fc7>3b7+342+3b9 1fd2>3b9+308+300
    1fd3>3b9+308+301 1fd6>3b9+342 1fd7>3b9+308+342 1fe2>3c5+308+300 1fe3>3c5+308+301 1fe4>3c1+313
    1fe6>3c5+342 1fe7>3c5+308+342 1ff2>1f7c+3b9 1ff3>3c9+3b9 1ff4>3ce+3b9 1ff6>3c9+342 1ff7>3c9+342+3b9
    fb00>66+66 fb01>66+69 fb02>66+6c fb03>66+66+69 fb04>66+66+6c fb05>73+74 fb06>73+74 fb13>574+576
    fb14>574+565 fb15>574+56b fb16>57e+576 fb17>574+56d
"""
"""Lower-case letters that fold to two or three."""

_MARKS = """
    300-36f 483-487 591-5bd 5bf 5c1-5c2 5c4-5c5 5c7 610-61a 64b-65f 670 6d6-6dc 6df-6e4 6e7-6e8 6ea-6ed 711
    730-74a 7a6-7b0 7eb-7f3 7fd 816-819 81b-823 825-827 829-82d 859-85b 898-89f 8ca-8e1 8e3-902 93a 93c
    941-948 94d 951-957 962-963 981 9bc 9c1-9c4 9cd 9e2-9e3 9fe a01-a02 a3c a41-a42 a47-a48 a4b-a4d a51
    a70-a71 a75 a81-a82 abc ac1-ac5 ac7-ac8 acd ae2-ae3 afa-aff b01 b3c b3f b41-b44 b4d b55-b56 b62-b63 b82
    bc0 bcd c00 c04 c3c c3e-c40 c46-c48 c4a-c4d c55-c56 c62-c63 c81 cbc cbf cc6 ccc-ccd ce2-ce3 d00-d01
    d3b-d3c d41-d44 d4d d62-d63 d81 dca dd2-dd4 dd6 e31 e34-e3a e47-e4e eb1 eb4-ebc ec8-ecd f18-f19 f35 f37
    f39 f71-f7e f80-f84 f86-f87 f8d-f97 f99-fbc fc6 102d-1030 1032-1037 1039-103a 103d-103e 1058-1059
    105e-1060 1071-1074 1082 1085-1086 108d 109d 135d-135f 1712-1714 1732-1733 1752-1753 1772-1773
    17b4-17b5 17b7-17bd 17c6 17c9-17d3 17dd 180b-180d 180f 1885-1886 18a9 1920-1922 1927-1928 1932
    1939-193b 1a17-1a18 1a1b 1a56 1a58-1a5e 1a60 1a62 1a65-1a6c 1a73-1a7c 1a7f 1ab0-1abd 1abf-1ace
    1b00-1b03 1b34 1b36-1b3a 1b3c 1b42 1b6b-1b73 1b80-1b81 1ba2-1ba5 1ba8-1ba9 1bab-1bad 1be6 1be8-1be9
    1bed 1bef-1bf1 1c2c-1c33 1c36-1c37 1cd0-1cd2 1cd4-1ce0 1ce2-1ce8 1ced 1cf4 1cf8-1cf9 1dc0-1dff
    20d0-20dc 20e1 20e5-20f0 2cef-2cf1 2d7f 2de0-2dff 302a-302d 3099-309a a66f a674-a67d a69e-a69f
    a6f0-a6f1 a802 a806 a80b a825-a826 a82c a8c4-a8c5 a8e0-a8f1 a8ff a926-a92d a947-a951 a980-a982 a9b3
    a9b6-a9b9 a9bc-a9bd a9e5 aa29-aa2e aa31-aa32 aa35-aa36 aa43 aa4c aa7c aab0 aab2-aab4 aab7-aab8
    aabe-aabf aac1 aaec-aaed aaf6 abe5 abe8 abed fb1e fe00-fe0f fe20-fe2f 101fd 102e0 10376-1037a
    10a01-10a03 10a05-10a06 10a0c-10a0f 10a38-10a3a 10a3f 10ae5-10ae6 10d24-10d27 10eab-10eac 10f46-10f50
    10f82-10f85 11001 11038-11046 11070 11073-11074 1107f-11081 110b3-110b6 110b9-110ba 110c2 11100-11102
    11127-1112b 1112d-11134 11173 11180-11181 111b6-111be 111c9-111cc 111cf 1122f-11231 11234 11236-11237
    1123e 112df 112e3-112ea 11300-11301 1133b-1133c 11340 11366-1136c 11370-11374 11438-1143f 11442-11444
    11446 1145e 114b3-114b8 114ba 114bf-114c0 114c2-114c3 115b2-115b5 115bc-115bd 115bf-115c0 115dc-115dd
    11633-1163a 1163d 1163f-11640 116ab 116ad 116b0-116b5 116b7 1171d-1171f 11722-11725 11727-1172b
    1182f-11837 11839-1183a 1193b-1193c 1193e 11943 119d4-119d7 119da-119db 119e0 11a01-11a0a 11a33-11a38
    11a3b-11a3e 11a47 11a51-11a56 11a59-11a5b 11a8a-11a96 11a98-11a99 11c30-11c36 11c38-11c3d 11c3f
    11c92-11ca7 11caa-11cb0 11cb2-11cb3 11cb5-11cb6 11d31-11d36 11d3a 11d3c-11d3d 11d3f-11d45 11d47
    11d90-11d91 11d95 11d97 11ef3-11ef4 16af0-16af4 16b30-16b36 16f4f 16f8f-16f92 16fe4 1bc9d-1bc9e
    1cf00-1cf2d 1cf30-1cf46 1d167-1d169 1d17b-1d182 1d185-1d18b 1d1aa-1d1ad 1d242-1d244 1da00-1da36
    1da3b-1da6c 1da75 1da84 1da9b-1da9f 1daa1-1daaf 1e000-1e006 1e008-1e018 1e01b-1e021 1e023-1e024
    1e026-1e02a 1e130-1e136 1e2ae 1e2ec-1e2ef 1e8d0-1e8d6 1e944-1e94a e0100-e01ef
"""
"""Marks that have no width of their own (category Mn)."""


def to_one() -> tuple[str, str]:
    """The letters, and at the same places what each folds to."""
    letters, folded = [], []
    for run in _ALONE.split():
        first, _, rest = run.partition(">")
        target, _, count = rest.partition("x")
        for step in range(int(count)):
            letters.append(chr(int(first, 16) + step))
            folded.append(chr(int(target, 16) + step))
    return "".join(letters), "".join(folded)


def to_several() -> dict[str, str]:
    """The letters with what each folds to."""
    found = {}
    for entry in _TO_SEVERAL.split():
        letter, _, folded = entry.partition(">")
        found[chr(int(letter, 16))] = "".join(chr(int(code, 16)) for code in folded.split("+"))
    return found


def marks() -> str:
    """The marks as the inside of a bracket expression."""
    return "".join("-".join(chr(int(end, 16)) for end in span.split("-")) for span in _MARKS.split())
