"""
Writes letters.txt and han.txt: letters of scripts that are read sign by sign, and Chinese characters, in plain Latin letters, by ICU's transliterators
(uconv of Debian's icu-devtools 72.1). Run here: python3 letters.py
"""
import subprocess, unicodedata, collections

def uconv(rules, lines):
    run = subprocess.run(["uconv", "-f", "utf-8", "-t", "utf-8", "-x", rules], input="\n".join(lines), capture_output=True, text=True, check=True)
    return run.stdout.split("\n")

signs = [chr(c) for c in range(0xA0, 0x3000) if unicodedata.category(chr(c)) in ("Lo", "Ll", "Lm", "Mc", "Mn")
    and unicodedata.normalize("NFKD", chr(c)) == chr(c) and not 0x300 <= c < 0x370 and not 0x1100 <= c < 0x1200]
latin = uconv("Any-Latin; Latin-ASCII", signs)
with open("letters.txt", "w", encoding="utf-8") as out:
    out.write("# Any-Latin of ICU 72.1, sign by sign; Unicode License v3. The Latin letters, then every sign that is read as them; \"-\" is nothing.\n")
    by = collections.defaultdict(str)
    for sign, text in zip(signs, latin):
        text = "".join(c for c in text.lower() if "a" <= c <= "z")
        if text or unicodedata.category(sign)[0] == "M": by[text or "-"] += sign
    for text in sorted(by): out.write(f"{text} {' '.join(format(ord(c), 'X') for c in by[text])}\n")
han = [chr(c) for c in range(0x4E00, 0xA000)]
with open("han.txt", "w", encoding="utf-8") as out:
    out.write("# Han-Latin/Names of ICU 72.1 without tones; Unicode License v3. The syllable, then the characters U+4E00 to U+9FFF that are read so.\n")
    by = collections.defaultdict(str)
    for sign, text in zip(han, uconv("Han-Latin/Names; Latin-ASCII", han)):
        text = "".join(c for c in text.lower() if "a" <= c <= "z")
        if text: by[text] += sign
    for text in sorted(by): out.write(f"{text} {by[text]}\n")
