namespace Gateway.Matching.Index;

/// <summary>
/// Which live records carry a tag, by the numbers the node gives its records. One writer, many readers; readers neither lock nor allocate. A tag with more than
/// the limit of records is a stop value; it keeps all of them, or whoever filled it first would hide what comes later.
/// </summary>
public sealed class TagIndex
{
    private readonly Postings _postings;

    /// <param name="seed">Random, from a cryptographic source: whoever publishes chooses tags, and must not be able to choose their buckets.</param>
    /// <param name="stopValueAt">Records a tag may have.</param>
    public TagIndex(UInt128 seed, int stopValueAt = KnownIdentifiers.DefaultStopValueAt) => _postings = new Postings(seed, stopValueAt);

    /// <summary>Tags that at least one record carries.</summary>
    public int Count => _postings.Count;

    /// <summary>Bytes held for each tag, about.</summary>
    public double BytesPerTag => (double)_postings.Bytes / Math.Max(1, Count);

    /// <summary>Adds a record under its tags; again is no change. Writer only.</summary>
    /// <param name="record">Number of the record, 0 or more.</param>
    /// <param name="tags">Its slots' and name tags, padding included: padding cannot be told apart.</param>
    public void Add(int record, ReadOnlySpan<UInt128> tags)
    {
        foreach (UInt128 tag in tags)
        {
            _postings.Add(tag, record);
        }
    }

    /// <summary>Removes a record from its tags. Writer only.</summary>
    /// <param name="record">Number of the record.</param>
    /// <param name="tags">The tags it was added with.</param>
    public void Remove(int record, ReadOnlySpan<UInt128> tags)
    {
        foreach (UInt128 tag in tags)
        {
            _postings.Remove(tag, record);
        }
    }

    /// <summary>The records that carry a tag, ascending; a snapshot that does not change.</summary>
    public ReadOnlySpan<int> Find(UInt128 tag) => Find(tag, out _);

    /// <summary>The records that carry a tag, ascending; a snapshot that does not change.</summary>
    /// <param name="tag">The tag.</param>
    /// <param name="isStopValue">Whether they are more than the limit.</param>
    public ReadOnlySpan<int> Find(UInt128 tag, out bool isStopValue)
    {
        _postings.TryFind(tag, out ReadOnlySpan<int> records, out isStopValue);
        return records;
    }
}
