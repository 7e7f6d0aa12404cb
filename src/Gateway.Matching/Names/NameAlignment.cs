namespace Gateway.Matching.Names;

/// <summary>
/// Scores a record's name through pseudonyms alone: the asking side knows its own words and the tags of their keys, the record's side gives tags and which of them form
/// a word. Words are aligned one to one, two words written as one counting as such; every shared word is worth what it tells (how rare its tag is among the live
/// records), less what its way of agreeing costs; words without a partner speak against. Pure; deterministic.
/// </summary>
public static class NameAlignment
{
    /// <summary>The score with its reasons.</summary>
    /// <param name="query">The asking name.</param>
    /// <param name="record">The layout of one name of the record; positions outside the tags are ignored.</param>
    /// <param name="nameTags">The record's name tags, in its order.</param>
    /// <param name="frequencies">How common tags are.</param>
    public static NameScore Score(TaggedName query, NameLayout record, ReadOnlySpan<UInt128> nameTags, TagFrequencies frequencies)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(record);
        ArgumentNullException.ThrowIfNull(frequencies);
        WordPairs pairs = WordPairs.Of(query, record, nameTags, frequencies);
        List<WordReason> reasons = [];
        double bits = 0, alike = 0, all = 0;
        int words = query.Name.Words.Count, wordsAlike = 0;
        for (int i = 0; i < words; i++)
        {
            KeyedWord word = query.Name.Words[i];
            WordAgreement agreement = pairs.AgreementOf(i);
            double worth = query.Exact[i] is { } tag ? frequencies.Bits(tag) : frequencies.Bits(UInt128.Zero);
            double gain = agreement == WordAgreement.None ? AlignmentWeights.UnmatchedAsking(worth) : pairs.BitsOf(i);
            all += worth;
            alike += agreement == WordAgreement.None ? 0 : worth * AlignmentWeights.Likeness(agreement);
            wordsAlike += agreement == WordAgreement.None ? 0 : 1;
            bits += gain;
            reasons.Add(new WordReason(word.Written, agreement, gain, word.HasForeignLetters));
        }

        for (int j = 0; j < record.Words.Count; j++)
        {
            WordLayout word = record.Words[j];
            if (word.IsInitials || word.Exact < 0 || word.Exact >= nameTags.Length)
            {
                continue;
            }

            double worth = frequencies.Bits(nameTags[word.Exact]);
            WordAgreement agreement = pairs.PartnerAgreementOf(j);
            all += worth;
            alike += agreement == WordAgreement.None ? 0 : worth * AlignmentWeights.Likeness(agreement);
            if (agreement == WordAgreement.None)
            {
                double loss = AlignmentWeights.UnmatchedRecord(worth);
                bits += loss;
                reasons.Add(new WordReason("", WordAgreement.None, loss, false));
            }
        }

        return new NameScore(bits, all == 0 ? 0 : alike / all, wordsAlike, words, reasons) { Sentence = AlignmentSentence.Of(reasons, words, wordsAlike) };
    }
}
