#!/usr/bin/env python3
"""Cuts the source data down to what the samples need. The result is committed, so this runs only when the sources change.

    python3 samples/trim.py SOURCE

SOURCE holds ofac/bench_{sdn,add,alt,sdn_comments}.csv, customs/df_syn_{valid,test}_eng.csv, names/negatives_global.csv and
febrl/dataset1.csv as their projects publish them (samples/README.md names the projects).

What it takes:
  ofac       organisations and persons (no vessels, no aircraft) whose remarks hold an e-mail address, a telephone number or a site; then
             those with a registration or tax number and a street address, then persons with an identity document and a street address, up
             to ENTITIES. Of the remarks only the parts that hold identifiers: no dates or places of birth, no nationalities, no programmes.
  customs    every declaration, with the columns that a manifest has.
  names      the first NAMES of the clean names; full name and last name only.
  addresses  the distinct street names of the FEBRL originals, without numbers and without people.
"""
import csv
import re
import sys
from collections import defaultdict
from pathlib import Path

ENTITIES = 1000
NAMES = 15000

CONTACT = r"E-?mail Address|Phone Number|Phone No\.|Telephone(?: No\.)?:?|Website"
COMPANY = (r"Registration ID|Registration Number|Commercial Registry Number|Company Number|Tax ID No\.|NIT|RUC|R\.F\.C\.|RIF|V\.A\.T\. Number"
           r"|Unified Social Credit Code|Business Registration Number|C\.R\. No\.")
PERSON = r"Passport|National ID No\.|Cedula No\.|D\.N\.I\.|C\.U\.R\.P\.|Identification Number(?! IMO)"
PAYMENT = r"Digital Currency Address"


def holds(pattern, part):
    return re.match(rf"(?:alt\. )?(?:{pattern})", part) is not None


def rows(path):
    with open(path, encoding="utf-8", errors="strict", newline="") as file:
        yield from csv.reader(file)


def write(path, header, body):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(body)


def clean(text):
    text = text.strip()
    return "" if text == "-0-" else text


def ofac(source, target):
    comments = {row[0]: row[1] for row in rows(source / "bench_sdn_comments.csv") if len(row) > 1}
    addresses, aliases = defaultdict(list), defaultdict(list)
    for row in rows(source / "bench_add.csv"):
        if len(row) == 6:
            addresses[row[0]].append([clean(cell) for cell in row[2:5]])
    for row in rows(source / "bench_alt.csv"):
        if len(row) == 5 and row[2] != "a.k.a.":
            aliases[row[0]].append(clean(row[3]))
    tiers = [[], [], []]
    for row in rows(source / "bench_sdn.csv"):
        if len(row) != 12 or row[2].strip() in ("vessel", "aircraft"):
            continue
        remarks = clean(row[11]) + comments.get(row[0], "")
        parts = [part.strip().rstrip(".") for part in remarks.split(";")]
        kept = [part for part in parts if holds(f"{CONTACT}|{COMPANY}|{PERSON}|{PAYMENT}", part)]
        person = row[2].strip() == "individual"
        street = any(address[0] and address[2] for address in addresses[row[0]])
        if any(holds(CONTACT, part) for part in kept):
            tier = 0
        elif not person and street and any(holds(COMPANY, part) for part in kept):
            tier = 1
        elif person and street and any(holds(PERSON, part) for part in kept):
            tier = 2
        else:
            continue
        tiers[tier].append([row[0], clean(row[1]), "PERSON" if person else "ORGANISATION", "; ".join(kept)])
    entities = tiers[0] + tiers[2][:120]
    entities += tiers[1][-(ENTITIES - len(entities)):]
    entities.sort(key=lambda entity: int(entity[0]))
    write(target / "entities.csv", ["entity", "name", "kind", "identifiers"], entities)
    # Twelve addresses and aliases are enough: the row of an actor takes one address and five aliases.
    write(target / "addresses.csv", ["entity", "street", "city", "country"],
          [[entity[0], *address] for entity in entities for address in addresses[entity[0]][:12] if address[2]])
    write(target / "aliases.csv", ["entity", "name"],
          [[entity[0], alias] for entity in entities for alias in aliases[entity[0]][:12] if alias])


def customs(source, target):
    columns = ["Declaration ID", "Date", "Mode of Transport", "Declarant ID", "Importer ID", "Seller ID", "Courier ID", "HS6 Code",
               "Country of Departure", "Country of Origin", "Net Mass", "Item Price"]
    body = []
    for name in ("df_syn_valid_eng.csv", "df_syn_test_eng.csv"):
        with open(source / name, encoding="utf-8", newline="") as file:
            body += [[row[column] for column in columns] for row in csv.DictReader(file)]
    write(target / "declarations.csv", columns, body)
    (target / "LICENSE").write_bytes((source / "LICENSE").read_bytes())


def names(source, target):
    with open(source / "negatives_global.csv", encoding="utf-8", newline="") as file:
        body = [[row["full_name"], row["last_name"]] for _, row in zip(range(NAMES), csv.DictReader(file))]
    write(target / "names.csv", ["full_name", "last_name"], body)


def addresses(source, target):
    with open(source / "dataset1.csv", encoding="utf-8", newline="") as file:
        streets = {row["address_1"].strip() for row in csv.DictReader(file, skipinitialspace=True) if "-org" in row["rec_id"]}
    streets = sorted(street for street in streets if re.fullmatch(r"[a-z' ]{3,40}", street))
    write(target / "streets.csv", ["street"], [[street] for street in streets])


if __name__ == "__main__":
    origin, here = Path(sys.argv[1]), Path(__file__).parent
    ofac(origin / "ofac", here / "ofac")
    customs(origin / "customs", here / "customs")
    names(origin / "names", here / "names")
    addresses(origin / "febrl", here / "addresses")
