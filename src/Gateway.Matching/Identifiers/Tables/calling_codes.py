"""Writes calling_codes.txt from the metadata of Debian's python3-phonenumbers. Run: python3 calling_codes.py > calling_codes.txt"""
import phonenumbers as p
from phonenumbers import PhoneMetadata
print("# country, calling code, trunk prefix or -, international prefix or -, national number lengths. Origin and licence: README.md")
for r in sorted(p.SUPPORTED_REGIONS):
    m = PhoneMetadata.metadata_for_region(r)
    trunk = m.national_prefix or "-"
    idd = m.preferred_international_prefix or m.international_prefix or "-"
    idd = "".join(c for c in idd if c.isdigit()) if (m.preferred_international_prefix or idd.isdigit()) else "00" if idd.startswith("00") else "011" if "011" in idd else "-"
    print(r, m.country_code, trunk, idd, ",".join(map(str, [n for n in m.general_desc.possible_length if n > 0])))
for code in sorted(p.COUNTRY_CODES_FOR_NON_GEO_REGIONS):
    m = PhoneMetadata.metadata_for_nongeo_region(code)
    print("001", code, "-", "-", ",".join(map(str, m.general_desc.possible_length)))
