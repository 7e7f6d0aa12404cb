"""Writes legal_forms.txt from rigour's org_types.yml and libpostal's company_types, folded to lower-case words. Run: python3 legal_forms.py org_types.yml *_company_types.txt > legal_forms.txt"""
import sys, re, unicodedata
def fold(s):
    s = unicodedata.normalize("NFKC", s).casefold()
    s = "".join(c for c in unicodedata.normalize("NFKD", s) if not unicodedata.combining(c))
    return re.sub(r"[^\w]+", " ", s.replace("'", "").replace("’","").replace(".", "")).strip()
forms = set()
for line in open(sys.argv[1], encoding="utf-8"):
    m = re.match(r"\s+(?:- (?:display: |generic: )?|display: |compare: )(.+?)\s*$", line)
    if m and not line.strip().startswith("- generic") and not line.strip().startswith("#"):
        v = m.group(1).strip().strip('"').strip("'")
        forms.add(fold(v.split(" #")[0]))
for path in sys.argv[2:]:
    for line in open(path, encoding="utf-8"):
        for v in line.strip().split("|"):
            if len(v) <= 8: pass
            if re.search(r"\b(bank|associat|trust|fund|foundation|sons|brothers|partners|group|holding|international)", v): continue
            forms.add(fold(v))
forms |= {"有限责任公司","有限責任公司","股份有限责任公司","集团有限公司","公司","co","co ltd","company limited","ltd","llc","inc","gmbh"}
print("# Legal forms, folded; one a line, longest first. Origin and licence: README.md")
forms = {f for f in forms if f and len(f) > 1 and len(f.split()) <= 8}
for f in sorted(forms, key=lambda f: (-len(f.split()), f)): print(f)
