"""Judges identifiers as Debian's python3-stdnum and python3-phonenumbers do. Reads lines of type, country and value with tabs between; answers each with `valid`, `invalid`, a telephone
number in E.164, or `none` where there is no oracle. Run by LiveOracleTests with /usr/bin/python3."""
import sys
import phonenumbers as p
from stdnum import iban, iso6346, ean, bitcoin
import stdnum.eu.vat as euvat
import stdnum.gb.vat, stdnum.ch.vat, stdnum.no.mva, stdnum.cn.uscc, stdnum.ru.inn, stdnum.kr.brn, stdnum.br.cnpj, stdnum.br.cpf, stdnum.co.nit
import stdnum.ar.cuit, stdnum.pe.ruc, stdnum.cl.rut, stdnum.in_.gstin, stdnum.jp.cn, stdnum.au.abn, stdnum.tr.vkn, stdnum.fr.siren, stdnum.se.orgnr

EU = set("AT BE BG CY CZ DE DK EE EL ES FI FR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split())
ORACLES = {
    ("Vat", "GB"): stdnum.gb.vat.is_valid, ("Vat", "CH"): stdnum.ch.vat.is_valid, ("Vat", "NO"): stdnum.no.mva.is_valid,
    ("CompanyRegistration", "CN"): stdnum.cn.uscc.is_valid, ("CompanyRegistration", "BR"): stdnum.br.cnpj.is_valid, ("CompanyRegistration", "FR"): stdnum.fr.siren.is_valid,
    ("CompanyRegistration", "SE"): stdnum.se.orgnr.is_valid,
    ("TaxNumber", "RU"): stdnum.ru.inn.is_valid, ("TaxNumber", "KR"): stdnum.kr.brn.is_valid, ("TaxNumber", "BR"): lambda s: stdnum.br.cnpj.is_valid(s) or stdnum.br.cpf.is_valid(s),
    ("TaxNumber", "CO"): stdnum.co.nit.is_valid, ("TaxNumber", "AR"): stdnum.ar.cuit.is_valid, ("TaxNumber", "PE"): stdnum.pe.ruc.is_valid, ("TaxNumber", "CL"): stdnum.cl.rut.is_valid,
    ("TaxNumber", "IN"): stdnum.in_.gstin.is_valid, ("TaxNumber", "JP"): stdnum.jp.cn.is_valid, ("TaxNumber", "AU"): stdnum.au.abn.is_valid, ("TaxNumber", "TR"): stdnum.tr.vkn.is_valid,
}

def telephone(country, value):
    # Forms are filled in abroad as well: 00 is read as the international prefix in every country (docs/keys.md), where phonenumbers knows each country's own only.
    if value.startswith("00"): value = "+" + value[2:]
    try: number = p.parse(value, country or None)
    except p.NumberParseException: return "invalid"
    return p.format_number(number, p.PhoneNumberFormat.E164) if p.is_possible_number(number) else "invalid"

def judge(kind, country, value):
    if kind == "Phone": return telephone(country, value)
    if kind == "Iban": ok = iban.is_valid(value, check_country=False)
    elif kind == "Container": ok = iso6346.is_valid(value)
    elif kind == "GtinSerial": ok = ean.is_valid(value.split(":")[0])
    elif kind == "PaymentAccount" and value.startswith("bitcoin:"): ok = bitcoin.is_valid(value[8:])
    elif kind == "Vat" and country in EU: ok = euvat.is_valid(country + value)
    elif (kind, country) in ORACLES: ok = ORACLES[kind, country](value)
    else: return "none"
    return "valid" if ok else "invalid"

for line in sys.stdin:
    print(judge(*line.rstrip("\n").split("\t")))
