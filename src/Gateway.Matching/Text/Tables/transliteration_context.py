"""
Writes transliteration_context.txt: how signs are read between the signs before and after them. Run beside transliteration.txt, which it begins from:
python3 transliteration_context.py FOLDER > transliteration_context.txt, FOLDER as for transliteration.py, and the same half of its pairs. About a minute.

Each pair is aligned in all ways that the readings allow, each way as likely as they say (forward and backward sums), twice: the second time by the readings between
neighbours that the first time counted. What is counted seldom leans on what is less particular: the sign between both neighbours on the sign with the one after it,
that on the sign with the one before it, that on the sign at its place in the word.
"""
import sys, os, hashlib, math, collections
from transliteration import fold, units

LEAN = 6.0
SELDOM = {"full": 12, "after": 12, "before": 12}
KEPT = 12

def base(path):
    readings = {}
    for line in open(path, encoding="utf-8"):
        if line.startswith(("#", "trigrams")): continue
        sign, place, *chunks = line.split()
        readings[place + sign] = {c.rsplit("=", 1)[0]: 2 ** (-int(c.rsplit("=", 1)[1]) / 4) for c in chunks}
    return readings

class Model:
    def __init__(self, readings):
        self.readings, self.tables, self.known = readings, {}, {}

    def of(self, before, sign, after):
        found = self.known.get((before, sign, after))
        if found is None:
            place = "^" if before == "^" else "$" if after == "$" else "*"
            found = self.readings.get(place + sign) or self.readings.get("*" + sign) or {}
            for level, key in (("before", (before, sign)), ("after", (sign, after)), ("full", (before, sign, after))):
                counts = self.tables.get(level, {}).get(key)
                if counts:
                    total = sum(counts.values())
                    found = {c: (counts.get(c, 0.0) + LEAN * found.get(c, 0.0)) / (total + LEAN) for c in found.keys() | counts.keys()}
            self.known[(before, sign, after)] = found
        return found

def count(model, pairs):
    tables = {level: collections.defaultdict(lambda: collections.defaultdict(float)) for level in SELDOM}
    for signs, latin in pairs:
        n, m = len(signs), len(latin)
        around = [(signs[i - 1] if i else "^", signs[i], signs[i + 1] if i + 1 < n else "$") for i in range(n)]
        forward, edges = [{0: 1.0}] + [{} for _ in range(n)], []
        for i in range(n):
            for a, have in forward[i].items():
                for chunk, p in model.of(*around[i]).items():
                    if latin.startswith(chunk, a):
                        b = a + len(chunk)
                        forward[i + 1][b] = forward[i + 1].get(b, 0.0) + have * p
                        edges.append((i, a, b, chunk, p))
        total = forward[n].get(m, 0.0)
        if total <= 0: continue
        backward = [{} for _ in range(n)] + [{m: 1.0}]
        for i, a, b, chunk, p in reversed(edges):
            rest = backward[i + 1].get(b, 0.0)
            if rest == 0.0: continue
            backward[i][a] = backward[i].get(a, 0.0) + p * rest
            share = forward[i].get(a, 0.0) * p * rest / total
            if share > 1e-3:
                before, sign, after = around[i]
                tables["before"][(before, sign)][chunk] += share
                tables["after"][(sign, after)][chunk] += share
                tables["full"][around[i]][chunk] += share
    return tables

def main(folder):
    here = os.path.dirname(os.path.abspath(__file__))
    print("# Learned by transliteration_context.py from the pairs that transliteration.txt is learned from (CC0; steveash/NETransliteration-COLING2018, MIT): half of them.")
    print("# SIGN BEFORE AFTER (^ and $ the edges of the word, * any) then latin=cost in quarter bits.")
    for script in ("russian", "arabic", "hebrew", "japanese", "korean", "chinese"):
        pairs = []
        for line in open(f"{folder}/wd_{script}_16.tsv", encoding="utf-8"):
            latin, other = line.rstrip("\n").split("\t")[:2]
            if hashlib.sha256(latin.encode()).digest()[0] % 2: continue
            latin, signs = fold(latin), units(script, other)
            if signs and latin: pairs.append((signs, latin))
        model = Model(base(os.path.join(here, "transliteration.txt")))
        for _ in range(2):
            tables = count(model, pairs)
            model.tables, model.known = tables, {}
        lines = []
        for level, key_of in (("full", lambda k: (k[1], k[0], k[2])), ("after", lambda k: (k[0], "*", k[1])), ("before", lambda k: (k[1], k[0], "*"))):
            for key, counts in tables[level].items():
                if sum(counts.values()) < SELDOM[level]: continue
                sign, before, after = key_of(key)
                likely = [(c, p) for c, p in sorted(model.of(before, sign, after).items(), key=lambda e: (-e[1], e[0]))[:KEPT] if p >= 0.01]
                lines.append(f"{sign} {before} {after} " + " ".join(f"{c}={round(-4 * math.log2(p))}" for c, p in likely))
        print("\n".join(sorted(lines)))
        print(script, len(pairs), len(lines), file=sys.stderr, flush=True)

main(sys.argv[1])
