using Gateway.Protocol.V1;

namespace Gateway.Protocol;

/// <summary>A record whose item is open and whose layout holds: what every reader of the circle may see of it.</summary>
public sealed class UnwrappedRecord
{
    private readonly byte[] _slots;
    private readonly byte[] _nameTags;

    internal UnwrappedRecord(RecordId id, byte[] headBytes, byte[] summaryBytes, Summary summary, byte[] slots, byte[] nameTags, byte[] body)
    {
        Id = id;
        HeadBytes = headBytes;
        Head = RecordHead.FromBytes(headBytes);
        SummaryBytes = summaryBytes;
        Summary = summary;
        _slots = slots;
        _nameTags = nameTags;
        BodyCiphertext = body;
    }

    /// <summary>The record's id.</summary>
    public RecordId Id { get; }

    /// <summary>The head.</summary>
    public RecordHead Head { get; }

    /// <summary>The summary.</summary>
    public Summary Summary { get; }

    internal byte[] HeadBytes { get; }

    internal byte[] SummaryBytes { get; }

    internal ReadOnlySpan<byte> Slots => _slots;

    internal ReadOnlySpan<byte> NameTagBytes => _nameTags;

    internal byte[] BodyCiphertext { get; }

    /// <summary>Tags of slots and name tags, real and padding alike.</summary>
    public int TagCount => Head.SlotCount + Head.NameTagCount;

    /// <summary>The tag at a position: slots first, then name tags.</summary>
    public Tag TagAt(int position) => position < Head.SlotCount
        ? Tag.FromBytes(_slots.AsSpan(position * RecordFormat.SlotSize, Tag.Size))
        : Tag.FromBytes(_nameTags.AsSpan((position - Head.SlotCount) * Tag.Size, Tag.Size));

    /// <summary>All tags one behind the other, 16 bytes each.</summary>
    public byte[] CopyTags()
    {
        byte[] tags = new byte[TagCount * Tag.Size];
        for (int i = 0; i < TagCount; i++) TagAt(i).CopyTo(tags.AsSpan(i * Tag.Size));
        return tags;
    }

    /// <summary>The box of the slot under a tag; empty when no slot has it.</summary>
    internal ReadOnlySpan<byte> BoxOf(Tag tag)
    {
        int low = 0, high = Head.SlotCount - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            int order = TagAt(middle).CompareTo(tag);
            if (order == 0) return _slots.AsSpan(middle * RecordFormat.SlotSize + Tag.Size, RecordFormat.BoxSize);
            if (order < 0) low = middle + 1;
            else high = middle - 1;
        }

        return [];
    }
}

/// <summary>A record opened by an identifier it carries.</summary>
/// <param name="Record">What the circle sees of it.</param>
/// <param name="Body">What only this opening shows.</param>
/// <param name="TextKey">HKDF(cek, "gateway/v1/clk"), 32 bytes: key of the encoded texts.</param>
public sealed record OpenedRecord(UnwrappedRecord Record, RecordBody Body, byte[] TextKey)
{
    /// <summary>The id alone: the rest is nominal.</summary>
    public override string ToString() => $"record {Record.Id.Prefix}";
}
