namespace Gateway.Matching.Identifiers;

/// <summary>
/// Accounts at payment services, "service:account", and digital-currency addresses, which are checked by their own check sums (Base58Check; Bech32 of BIP 173 and BIP 350).
/// </summary>
internal static class PaymentAccountName
{
    internal static Verdict Normalise(string clean)
    {
        int colon = clean.IndexOf(':', StringComparison.Ordinal);
        string service = colon > 0 ? Characters.UpperAlphanumerics(clean[..colon]).ToLowerInvariant() : "";
        string account = colon > 0 ? clean[(colon + 1)..].Trim() : clean;
        if (service.Length == 0)
        {
            return DigitalCurrencyAddress.Recognise(account) is { } recognised
                ? Verdict.Accept(recognised)
                : Verdict.Refuse("payment-service", "needs the service, as \"service:account\"");
        }

        if (DigitalCurrencyAddress.Canonical(service) is { } currency)
        {
            return DigitalCurrencyAddress.Normalise(currency, account) is { } address
                ? Verdict.Accept($"{currency}:{address}")
                : Verdict.Refuse("payment-address", $"is no {currency} address: form or check sum do not match");
        }

        // Payment services know their customers by mailbox, number or name; each has one normal form.
        string value = account.Contains('@', StringComparison.Ordinal) && EmailAddress.Normalise(account).Value is { } mailbox
            ? mailbox
            : account.StartsWith('+') && TelephoneNumber.Normalise(account, "").Value is { } phone ? phone : account.ToLowerInvariant().TrimStart('@');
        return value.Length is < 2 or > 200
            ? Verdict.Refuse("payment-account", "has no account after the service")
            : Verdict.Accept($"{service}:{value}");
    }
}
