"""
Writes transliteration.txt: how names in six scripts are spelt in Latin letters, learned from pairs of name parts.
Run: python3 transliteration.py FOLDER > transliteration.txt, FOLDER holding wd_{arabic,chinese,hebrew,japanese,korean,russian}_16.tsv
(bench/data/translit says where they are from). About five minutes.

Only pairs whose Latin spelling has an even first byte of SHA-256 are read: the other half is for measuring.
Each sign of the script is taken to be read as one run of Latin letters, maybe none; how often as which is found by expectation maximisation
(a hidden alignment, as in Ristad and Yianilos, Learning String-Edit Distance, 1998), and the order of Latin letters by counting trigrams.
"""
import sys, hashlib, unicodedata, base64, math, collections

LATIN = {"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ŋ": "n", "ŧ": "t", "ə": "a"}
KEPT = {"arabic": 16, "hebrew": 16, "russian": 12, "japanese": 8, "korean": 10, "chinese": 8}
LONGEST = {"arabic": 3, "hebrew": 3, "russian": 4, "japanese": 3, "korean": 3, "chinese": 5}
ITERATIONS = 7

# Where the search for the alignment begins: usual readings of Cyrillic letters.
USUAL = {c: set(r.split(",")) for c, r in (e.split("=") for e in (
    "а=a б=b в=v г=g д=d е=e,ye ж=zh з=z и=i й=y,i к=k л=l м=m н=n о=o п=p р=r с=s т=t у=u,ou ф=f х=kh,h,ch ц=ts,c,z ч=ch,tch ш=sh,sch щ=shch,sch ъ= ы=y ь= э=e ю=yu,iu,u я=ya,ia,a").split(" "))}

def fold(latin):
    text = "".join(LATIN.get(c, c) for c in unicodedata.normalize("NFC", latin.lower()))
    return "".join(c for c in unicodedata.normalize("NFD", text) if "a" <= c <= "z")

def units(script, text):
    """The signs that are read as one: kana with a small vowel, the three parts of a syllable of hangul, else letters without points."""
    text = unicodedata.normalize("NFC", text.replace(" ", ""))
    if script == "korean":
        out = []
        for c in text:
            if 0xAC00 <= ord(c) <= 0xD7A3:
                s = ord(c) - 0xAC00
                out += [chr(0x1100 + s // 588), chr(0x1161 + s % 588 // 28)] + ([chr(0x11A7 + s % 28)] if s % 28 else [])
        return out
    if script == "japanese":
        out = []
        for c in text:
            c = chr(ord(c) + 0x60) if 0x3041 <= ord(c) <= 0x3096 else c
            if c in "ァィゥェォャュョヮ" and out: out[-1] += c
            elif 0x30A1 <= ord(c) <= 0x30FC: out.append(c)
            else: return []
        return out
    return [c for c in text if unicodedata.category(c) in ("Lo", "Ll")]

def learn(pairs, longest):
    probability = None
    for iteration in range(ITERATIONS):
        counts = collections.defaultdict(lambda: collections.defaultdict(float))
        for signs, latin in pairs:
            n, m = len(signs), len(latin)
            def weight(i, a, b):
                if probability is None: return 0.25 ** abs((b - a) - m / n) * (0.3 if a == b else 1) * (50 if latin[a:b] in USUAL.get(signs[i], ()) else 1)
                return probability.get(signs[i], {}).get(latin[a:b], 0.0)
            forward = [[0.0] * (m + 1) for _ in range(n + 1)]
            forward[0][0] = 1.0
            edges = []
            for i in range(n):
                row, nxt = forward[i], forward[i + 1]
                for a in range(m + 1):
                    if row[a] == 0.0: continue
                    for b in range(a, min(m, a + longest) + 1):
                        w = weight(i, a, b)
                        if w > 1e-7:
                            nxt[b] += row[a] * w
                            edges.append((i, a, b, w))
            total = forward[n][m]
            if total <= 0: continue
            backward = [[0.0] * (m + 1) for _ in range(n + 1)]
            backward[n][m] = 1.0
            for i, a, b, w in reversed(edges): backward[i][a] += w * backward[i + 1][b]
            for i, a, b, w in edges:
                p = forward[i][a] * w * backward[i + 1][b] / total
                if p > 1e-3:
                    counts[signs[i]][latin[a:b]] += p
                    if iteration == ITERATIONS - 1:
                        if i == 0: counts["^" + signs[i]][latin[a:b]] += p
                        if i == n - 1: counts["$" + signs[i]][latin[a:b]] += p
        probability = {}
        for sign, chunks in counts.items():
            # A reading met once in all the data is more often an error than a reading.
            total = sum(chunks.values()) + 1.0
            probability[sign] = {chunk: max(0.0, c - 0.3) / total for chunk, c in chunks.items() if c > 0.4}
        print(iteration, file=sys.stderr, flush=True)
    return probability, counts

def main(folder):
    print("# Learned by transliteration.py from Wikidata name pairs (CC0; steveash/NETransliteration-COLING2018, MIT): half of them.")
    print("# SIGN place(* anywhere, ^ first, $ last) then latin=cost in quarter bits; last the trigrams of Latin letters, 27^3 bytes in eighths of a bit.")
    trigrams = collections.Counter()
    for script in ("russian", "arabic", "hebrew", "japanese", "korean", "chinese"):
        pairs = []
        for line in open(f"{folder}/wd_{script}_16.tsv", encoding="utf-8"):
            latin, other = line.rstrip("\n").split("\t")[:2]
            if hashlib.sha256(latin.encode()).digest()[0] % 2: continue
            latin, signs = fold(latin), units(script, other)
            if not signs or not latin: continue
            for a, b, c in zip("{{" + latin, "{" + latin + "{", latin + "{{"): trigrams[a + b + c] += 1
            if len(latin) <= 14 and len(signs) <= 14 and len(latin) <= LONGEST[script] * len(signs): pairs.append((signs, latin))
        probability, counts = learn(pairs, LONGEST[script])
        print(script, len(pairs), file=sys.stderr, flush=True)
        for sign in sorted(probability, key=lambda s: (s.lstrip("^$"), s)):
            place, bare = (sign[0], sign[1:]) if sign[0] in "^$" else ("*", sign)
            if place != "*" and sum(counts[sign].values()) < 25: continue
            best = sorted(probability[sign].items(), key=lambda e: (-e[1], e[0]))[:KEPT[script]]
            best = [(chunk, round(-4 * math.log2(p))) for chunk, p in best if p >= 0.004]
            if best: print(bare, place, " ".join(f"{chunk}={cost}" for chunk, cost in best))
    table = bytearray()
    pairs_of, of = collections.Counter(), collections.Counter()
    for t, c in trigrams.items(): pairs_of[t[:2]] += c; of[t[1:]] += c
    single = collections.Counter()
    for t, c in trigrams.items(): single[t[2]] += c
    everything = sum(single.values())
    letters = "abcdefghijklmnopqrstuvwxyz{"
    first = collections.Counter()
    for t, c in trigrams.items(): first[t[1]] += c
    for a in letters:
        for b in letters:
            for c in letters:
                p1 = (single[c] + 1) / (everything + 27)
                p2 = (of[b + c] + 8 * p1) / (first[b] + 8)
                p3 = (trigrams[a + b + c] + 8 * p2) / (pairs_of[a + b] + 8)
                table.append(min(255, round(-8 * math.log2(p3))))
    print("trigrams", base64.b64encode(bytes(table)).decode())

if __name__ == "__main__": main(sys.argv[1])
