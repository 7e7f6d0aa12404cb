using Gateway.Matching.Identifiers;

namespace Gateway.Matching.Text;

/// <summary>What people have written, to be searched for somebody who asks what is held about them: rather once too often than once too little, for a person reads what was found.</summary>
public sealed class FreeText
{
    private const int LeastCharacters = 6, LeastLoneWord = 4, TelephoneTail = 8;

    private readonly HashSet<string> _words = new(StringComparer.Ordinal);
    private readonly string _characters;

    /// <summary>Reads a text: its words folded as those of names, and its letters and digits alone.</summary>
    public FreeText(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<string> words = [.. text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).SelectMany(NameWords.Of)];
        _words.UnionWith(words);
        _characters = string.Concat(words);
    }

    /// <summary>Whether every word of a name stands in the text, wherever: but for legal forms of what may be an organisation, and for particles and titles of two letters.</summary>
    public bool Names(string name, PartyKind kind)
    {
        List<string> all = NameWords.Of(name);
        if (kind != PartyKind.Person) all = LegalForms.Remove(all, out _);
        string[] longer = [.. all.Where(word => word.Length > 2).Distinct()], words = longer.Length > 1 ? longer : [.. all.Distinct()];
        return (words.Length > 1 || (words.Length == 1 && words[0].Length >= LeastLoneWord)) && words.All(_words.Contains);
    }

    /// <summary>Whether a value stands in the text, however it is spaced and punctuated; of a telephone number its last 8 digits, with or without the country.</summary>
    public bool Has(string value, IdentifierType type)
    {
        string wanted = string.Concat(NameWords.Of(value));
        if (type == IdentifierType.Phone && wanted.Length > TelephoneTail) wanted = wanted[^TelephoneTail..];
        return wanted.Length >= LeastCharacters && _characters.Contains(wanted, StringComparison.Ordinal);
    }
}
