"""Cuts the names benchmark's data out of what its projects publish. Run here: python3 trim.py FOLDER (holding ofac, names, translit, addresses; see README.md)."""
import csv, shutil, sys

source = sys.argv[1]
rows = []
for line in csv.reader(open(f"{source}/ofac/bench_sdn.csv", encoding="utf-8", errors="replace")):
    if len(line) > 2 and line[0].isdigit(): rows.append((line[0], "primary", {"individual": "person", "-0-": "organisation"}.get(line[2].strip().strip('"'), "other"), line[1]))
kinds = {row[0]: row[2] for row in rows}
for line in csv.reader(open(f"{source}/ofac/bench_alt.csv", encoding="utf-8", errors="replace")):
    if len(line) > 3 and line[0] in kinds: rows.append((line[0], "alias", kinds[line[0]], line[3]))
with open("ofac.csv", "w", encoding="utf-8", newline="") as out:
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("entity", "form", "kind", "name"))
    writer.writerows(rows)
with open("clean_persons.csv", "w", encoding="utf-8", newline="") as out:
    names = list(dict.fromkeys(row["full_name"] for row in csv.DictReader(open(f"{source}/names/negatives_global.csv", encoding="utf-8"))))
    csv.writer(out, lineterminator="\n").writerows([("name",)] + [(name,) for name in names[:10_000]])
with open("clean_organisations.csv", "w", encoding="utf-8", newline="") as out:
    sites = csv.DictReader(open(f"{source}/addresses/chicago_early_childhood_true_ids.csv", encoding="utf-8"))
    names = sorted({row["Site name"].strip() for row in sites if row["Site name"].strip()})
    csv.writer(out, lineterminator="\n").writerows([("name",)] + [(name,) for name in names])
frozen = {(r["case_group"], r["name1"], r["name2"]): (r["score"], r["predicted_match"]) for r in csv.DictReader(open(f"{source}/names/name_bench_logicv2_frozen.csv", encoding="utf-8"))}
with open("pairs.csv", "w", encoding="utf-8", newline="") as out:
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("schema", "name1", "name2", "is_match", "logic_v2", "logic_v2_match"))
    for r in csv.DictReader(open(f"{source}/names/name_bench_cases.csv", encoding="utf-8")):
        writer.writerow((r["schema"], r["name1"], r["name2"], r["is_match"], *frozen.get((r["case_group"], r["name1"], r["name2"]), ("", ""))))
for side in ("treated", "untreated"):
    with open(f"un_{side}.csv", "w", encoding="utf-8", newline="") as out:
        csv.writer(out, lineterminator="\n").writerows([("name",)] + [(row["full_name"],) for row in csv.DictReader(open(f"{source}/names/positives_un_{side}.csv", encoding="utf-8"))])
shutil.copy(f"{source}/names/cross_script_pairs.csv", "cross_script_pairs.csv")
for script in ("arabic", "chinese", "hebrew", "japanese", "korean", "russian"): shutil.copy(f"{source}/translit/wd_{script}_16.tsv", f"wd_{script}_16.tsv")
