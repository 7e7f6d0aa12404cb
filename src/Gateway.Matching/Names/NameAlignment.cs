namespace Gateway.Matching.Names;

/// <summary>
/// Scores a record's name through pseudonyms alone: the asking side knows its own words and the tags of their keys, the record's side gives tags and which of them form
/// a word. Words are aligned one to one, two words written as one counting as such; every shared word is worth what it tells (how rare its tag is among the live
/// records, and how surprising its letters are), less what its way of agreeing costs; words without a partner speak against, most of all where both sides have one. Pure; deterministic.
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
        AskingName asking = query.With(frequencies);
        int words = query.Name.Words.Count, wordsAlike = 0;
        WordPairs pairs = WordPairs.Of(asking, words, record, nameTags);
        List<WordReason> reasons = new(words + record.Words.Count);
        double bits = 0, alike = 0, matched = 0, missing = 0, more = 0;
        for (int i = 0; i < words; i++)
        {
            KeyedWord word = query.Name.Words[i];
            WordAgreement agreement = pairs.AgreementOf(i);
            double worth = asking.Worth[i], gain = AlignmentWeights.Missing * worth;
            if (agreement == WordAgreement.None)
            {
                missing += worth;
            }
            else
            {
                gain = pairs.BitsOf(i);
                matched += worth;
                alike += worth * AlignmentWeights.Likeness(agreement);
                wordsAlike++;
            }

            bits += gain;
            reasons.Add(new WordReason(word.Written, agreement, gain, worth, word.HasForeignLetters));
        }

        int initials = query.Name.LoneInitials;
        for (int j = 0; j < record.Words.Count; j++)
        {
            WordLayout word = record.Words[j];
            if (word.IsInitials || word.Exact < 0 || word.Exact >= nameTags.Length || pairs.PartnerAgreementOf(j) != WordAgreement.None)
            {
                continue;
            }

            // A lone letter of the asking name may stand for any one word of the record's.
            double worth = initials-- > 0 ? 0 : frequencies.Bits(nameTags[word.Exact]);
            more += worth;
            bits += AlignmentWeights.More * worth;
            reasons.Add(new WordReason("", WordAgreement.None, AlignmentWeights.More * worth, worth, false));
        }

        double likeness = AlignmentWeights.Likeness(alike, matched, missing, more);
        double whole = AlignmentWeights.Whole(likeness);
        return new NameScore(bits + whole, likeness, whole, wordsAlike, words, reasons);
    }
}
