"""Writes numbers.csv, phones.csv and nfkc.csv: what Debian's python3-stdnum 1.18, python3-phonenumbers 8.12.57 and Python's unicodedata 14.0 say of random values.
Run: /usr/bin/python3 make_oracles.py (deterministic: the seed is fixed)."""
import csv, random, re, string, unicodedata
import phonenumbers as p
from stdnum import iban, iso6346, numdb
import stdnum.eu.vat as euvat
import stdnum.gb.vat, stdnum.ch.vat, stdnum.no.mva, stdnum.cn.uscc, stdnum.cn.ric, stdnum.ru.inn, stdnum.kr.brn, stdnum.br.cnpj, stdnum.br.cpf, stdnum.co.nit
import stdnum.ar.cuit, stdnum.pe.ruc, stdnum.cl.rut, stdnum.in_.gstin, stdnum.jp.cn, stdnum.au.abn, stdnum.tr.vkn, stdnum.fr.siren, stdnum.pl.regon, stdnum.se.orgnr

R = random.Random(20)
D, A = string.digits, string.ascii_uppercase
def fill(pattern):
    """9 digit, A letter, X either; a set in brackets is one of its characters; the rest stands for itself."""
    out, i = "", 0
    while i < len(pattern):
        c = pattern[i]
        if c == "[":
            j = pattern.index("]", i); out += R.choice(pattern[i + 1:j]); i = j
        else: out += R.choice(D) if c == "9" else R.choice(A) if c == "A" else R.choice(D + A) if c == "X" else c
        i += 1
    return out

VAT = {"AT": ["U99999999"], "BE": ["0999999999", "1999999999"], "BG": ["999999999", "9999999999"], "CY": ["99999999A"], "CZ": ["99999999", "699999999", "9" * 10],
 "DE": ["9" * 9], "DK": ["9" * 8], "EE": ["9" * 9], "EL": ["9" * 9], "ES": ["99999999A", "[XYZ]9999999A", "[KLM]9999999A", "[ABCDEFGHJNPQRSUVW]99999999", "[ABCDEFGHJNPQRSUVW]9999999[ABCDEFGHIJ]"],
 "FI": ["9" * 8], "FR": ["9" * 11, "X9999999999", "9X999999999"], "HR": ["9" * 11], "HU": ["9" * 8], "IE": ["9999999[ABCDEFGHIJKLMNOPQRSTUVW]", "9999999[ABCDEFGHIJKLMNOPQRSTUVW][ABCDEFGHI]", "9A99999[ABCDEFGHIJKLMNOPQRSTUVW]"],
 "IT": ["9" * 7 + "0999"], "LT": ["999999919", "999999999919"], "LU": ["9" * 8], "LV": ["[456789]9999999999", "32999999999"], "MT": ["9" * 8],
 "NL": ["999999999B[01]9"], "PL": ["9" * 10], "PT": ["9" * 9], "RO": ["9" * n for n in (4, 6, 7, 8, 9, 10)], "SE": ["999999999901"], "SI": ["9" * 8], "SK": ["99[234789]9999999"]}
rows = []
def sample(kind, country, patterns, valid, n):
    good = bad = 0
    for _ in range(60_000):
        if good >= n and bad >= n: break
        s = fill(R.choice(patterns)); ok = bool(valid(s))
        if len(set(s)) < 3: continue
        if ok and good < n: good += 1
        elif not ok and bad < n: bad += 1
        else: continue
        rows.append((kind, country, s, "valid" if ok else "invalid"))

for cc, patterns in VAT.items():
    sample("Vat", cc, patterns, lambda s: euvat.is_valid(cc + s), 40)
sample("Vat", "GB", ["9" * 9, "9" * 12], stdnum.gb.vat.is_valid, 40)
sample("Vat", "CH", ["CHE999999999MWST", "CHE999999999TVA"], stdnum.ch.vat.is_valid, 40)
sample("Vat", "NO", ["9" * 9 + "MVA"], stdnum.no.mva.is_valid, 40)
sample("CompanyRegistration", "CN", ["91999999" + "X" * 10], stdnum.cn.uscc.is_valid, 60)
sample("TaxNumber", "RU", ["9" * 10, "9" * 12], stdnum.ru.inn.is_valid, 60)
sample("TaxNumber", "KR", ["9" * 10], stdnum.kr.brn.is_valid, 60)
sample("TaxNumber", "BR", ["9" * 14, "9" * 11], lambda s: stdnum.br.cnpj.is_valid(s) or stdnum.br.cpf.is_valid(s), 60)
sample("CompanyRegistration", "BR", ["9" * 14], stdnum.br.cnpj.is_valid, 60)
sample("TaxNumber", "CO", ["999999999-9"], stdnum.co.nit.is_valid, 60)
sample("TaxNumber", "AR", ["[23][0347]" + "9" * 9], stdnum.ar.cuit.is_valid, 60)
sample("TaxNumber", "PE", ["[12]0" + "9" * 9], stdnum.pe.ruc.is_valid, 60)
sample("TaxNumber", "CL", ["9" * 8 + "[0123456789K]"], stdnum.cl.rut.is_valid, 60)
sample("TaxNumber", "IN", ["[0123]9AAA[PCHF]A9999A[123456789]ZX"], stdnum.in_.gstin.is_valid, 60)
sample("TaxNumber", "JP", ["9" * 13], stdnum.jp.cn.is_valid, 60)
sample("TaxNumber", "AU", ["9" * 11], stdnum.au.abn.is_valid, 60)
sample("TaxNumber", "TR", ["9" * 10], stdnum.tr.vkn.is_valid, 60)
sample("CompanyRegistration", "FR", ["9" * 9], stdnum.fr.siren.is_valid, 60)
sample("CompanyRegistration", "SE", ["9" * 10], stdnum.se.orgnr.is_valid, 60)
sample("Container", "", ["AAA[UJZ]9999999"], iso6346.is_valid, 200)

structures = {}
for line in numdb.get("iban").prefixes:
    low = line[1]; props = line[3]
    structures[low] = props["bban"]
for cc, bban in sorted(structures.items()):
    for _ in range(6):
        body = "".join(fill({"n": "9", "a": "A", "c": "X"}[k] * int(n)) for n, k in re.findall(r"(\d+)!(\w)", bban))
        value = cc + iban.calc_check_digits(cc + "00" + body) + body
        bad = value[:2] + f"{(int(value[2:4]) + R.randrange(1, 90)) % 97 + 2:02d}" + value[4:]
        for v in (value, bad):
            rows.append(("Iban", cc, v, "valid" if iban.is_valid(v, check_country=False) else "invalid"))
with open("numbers.csv", "w", newline="") as f:
    w = csv.writer(f, lineterminator="\n"); w.writerow(["type", "country", "value", "verdict"]); w.writerows(rows)

phones = []
for region in sorted(p.SUPPORTED_REGIONS):
    for kind in (p.PhoneNumberType.MOBILE, p.PhoneNumberType.FIXED_LINE):
        example = p.example_number_for_type(region, kind)
        if not example: continue
        for _ in range(2):
            national = p.national_significant_number(example)
            national = national[:-3] + fill("999")
            try: n = p.parse("+%d%s" % (example.country_code, national))
            except p.NumberParseException: continue
            if not p.is_valid_number(n): continue
            e164 = p.format_number(n, p.PhoneNumberFormat.E164)
            for style in (p.PhoneNumberFormat.NATIONAL, p.PhoneNumberFormat.INTERNATIONAL, p.PhoneNumberFormat.RFC3966):
                phones.append((region, p.format_number(n, style), e164))
            phones.append((region, "00" + e164[1:] if region not in ("US", "CA") else "011" + e164[1:], e164))
            short = p.format_number(n, p.PhoneNumberFormat.INTERNATIONAL)[:-6]
            try: possible = p.is_possible_number(p.parse(short, region))
            except p.NumberParseException: possible = False
            if not possible: phones.append((region, short, ""))
with open("phones.csv", "w", newline="") as f:
    w = csv.writer(f, lineterminator="\n"); w.writerow(["region", "raw", "e164"]); w.writerows(phones)

ranges = [(0x41, 0x7A), (0xC0, 0x24F), (0x300, 0x36F), (0x370, 0x52F), (0x5D0, 0x6FF), (0x900, 0x97F), (0x1100, 0x11FF), (0x1E00, 0x1FFF), (0x2100, 0x214F), (0x3040, 0x30FF), (0x3130, 0x318F), (0xAC00, 0xD7A3),
          (0xF900, 0xFAFF), (0xFB00, 0xFDFF), (0xFE70, 0xFEFF), (0xFF01, 0xFFDC), (0x1D400, 0x1D7FF), (0x1100, 0x1112), (0x1161, 0x1175), (0x11A8, 0x11C2), (0x300, 0x345)]
hexes = lambda s: " ".join(f"{ord(c):X}" for c in s)
with open("nfkc.csv", "w", newline="") as f:
    w = csv.writer(f, lineterminator="\n"); w.writerow(["text", "nfkc"])
    for _ in range(3_000):
        text = "".join(chr(R.randint(*R.choice(ranges))) for _ in range(R.randint(1, 6)))
        w.writerow([hexes(text), hexes(unicodedata.normalize("NFKC", text))])
print(len(rows), len(phones))
