"""Writes nfkc.txt: what NFKC needs, from the Unicode Character Database as Python carries it. Run: python3 nfkc.py > nfkc.txt"""
import sys, unicodedata as u
hexes = lambda s: " ".join(f"{ord(c):X}" for c in s)
print(f"# Unicode {u.unidata_version}. D: full compatibility decomposition; C: canonical composition; K: canonical combining class. Hangul is algorithmic.")
for cp in range(0x110000):
    if 0xD800 <= cp <= 0xDFFF or 0xAC00 <= cp <= 0xD7A3: continue
    c = chr(cp)
    if (d := u.normalize("NFKD", c)) != c: print(f"D {cp:X} {hexes(d)}")
for cp in range(0x110000):
    if 0xD800 <= cp <= 0xDFFF or 0xAC00 <= cp <= 0xD7A3: continue
    c = chr(cp); d = u.decomposition(c)
    if d and not d.startswith("<") and len(d.split()) == 2 and u.normalize("NFC", c) == c: print(f"C {cp:X} {d}")
for cp in range(0x110000):
    if (k := u.combining(chr(cp))): print(f"K {cp:X} {k}")
