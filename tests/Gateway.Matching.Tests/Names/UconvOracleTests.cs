using Gateway.Matching.Identifiers;
using Gateway.Matching.Names;
using Gateway.Matching.Text;

namespace Gateway.Matching.Tests.Names;

/// <summary>Our tables against ICU's own reading of whole words (uconv.csv, written by oracles/uconv.py).</summary>
public sealed class UconvOracleTests
{
    public static TheoryData<string, string> Words
    {
        get
        {
            TheoryData<string, string> words = [];
            foreach (string[] row in Table.Rows("uconv.csv"))
            {
                words.Add(row[0], row[1]);
            }

            return words;
        }
    }

    [Theory]
    [MemberData(nameof(Words))]
    public void A_word_has_the_skeleton_of_ICUs_reading(string word, string latin)
    {
        KeyedName name = NameKeys.Of(word, PartyKind.Person);
        Span<char> skeleton = stackalloc char[WordSkeleton.Longest];
        int length = WordSkeleton.Fine(latin, skeleton);
        string expected = length > 0 ? new string(skeleton[..length]) : "=" + latin;
        string joined = string.Concat(name.Words.Select(part => part.Exact.Value));
        length = WordSkeleton.Fine(joined, skeleton);
        Assert.Equal(expected, length > 0 ? new string(skeleton[..length]) : "=" + joined);
    }
}
