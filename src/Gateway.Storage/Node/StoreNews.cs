using Gateway.Protocol;

namespace Gateway.Storage.Node;

/// <summary>The changes that a process has not taken yet.</summary>
/// <param name="UpTo">Number of the last one.</param>
/// <param name="Changes">They, oldest first; empty where some are missing.</param>
/// <param name="IsWhole">False where some are not kept any more: then everything is read anew.</param>
/// <param name="Rows">The last rows as of these changes.</param>
public sealed record StoreNews(long UpTo, IReadOnlyList<NodeChange> Changes, bool IsWhole, StoreRows Rows)
{
    /// <summary>Whether there is nothing to take.</summary>
    public bool IsEmpty => IsWhole && Changes.Count == 0;
}

/// <summary>Numbers of the last rows of what a node holds in memory.</summary>
/// <param name="Known">Of known identifiers.</param>
/// <param name="Tags">Of their tags.</param>
/// <param name="Records">Of records.</param>
public readonly record struct StoreRows(long Known, long Tags, int Records);

/// <summary>A change of what a node's processes hold in memory. What was added they find behind the rows they have; what was taken away is here, because it is in the store no more.</summary>
public sealed record NodeChange
{
    /// <summary>Whether the log went on, or a second reading of it.</summary>
    public bool IsLogged { get; init; }

    /// <summary>Whether so much was taken away that everything is read anew.</summary>
    public bool IsAnew { get; init; }

    /// <summary>Whether keys of epochs were given up.</summary>
    public bool IsRetired { get; init; }

    /// <summary>Records that are not live any more, with the tags they had.</summary>
    public IReadOnlyList<RecordTags> Ended { get; init; } = [];

    /// <summary>Identifiers that are known no more.</summary>
    public IReadOnlyList<ForgottenIdentifier> Forgotten { get; init; } = [];

    /// <summary>The change as it is stored.</summary>
    public byte[] ToBytes()
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        writer.Write(IsLogged);
        writer.Write(IsAnew);
        writer.Write(IsRetired);
        writer.Write(Ended.Count);
        foreach (RecordTags record in Ended)
        {
            writer.Write(record.Number);
            writer.Write(record.Tags.Length);
            writer.Write(record.Tags);
        }

        writer.Write(Forgotten.Count);
        foreach (ForgottenIdentifier identifier in Forgotten)
        {
            writer.Write(identifier.Version);
            Write(writer, identifier.Hash);
            writer.Write(identifier.Tags.Count);
            foreach (Tag tag in identifier.Tags) Write(writer, tag.ToUInt128());
        }

        writer.Flush();
        return bytes.ToArray();
    }

    /// <summary>Reads a stored change.</summary>
    public static NodeChange FromBytes(byte[] bytes)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes, writable: false));
        (bool isLogged, bool isAnew, bool isRetired) = (reader.ReadBoolean(), reader.ReadBoolean(), reader.ReadBoolean());
        var ended = new RecordTags[reader.ReadInt32()];
        for (int i = 0; i < ended.Length; i++) ended[i] = new RecordTags(reader.ReadInt32(), reader.ReadBytes(reader.ReadInt32()));
        var forgotten = new ForgottenIdentifier[reader.ReadInt32()];
        for (int i = 0; i < forgotten.Length; i++)
        {
            (uint version, UInt128 hash) = (reader.ReadUInt32(), Read(reader));
            var tags = new Tag[reader.ReadInt32()];
            for (int tag = 0; tag < tags.Length; tag++) tags[tag] = Tag.FromUInt128(Read(reader));
            forgotten[i] = new ForgottenIdentifier(version, hash, tags);
        }

        return new NodeChange { IsLogged = isLogged, IsAnew = isAnew, IsRetired = isRetired, Ended = ended, Forgotten = forgotten };
    }

    private static void Write(BinaryWriter writer, UInt128 value)
    {
        writer.Write((ulong)(value >> 64));
        writer.Write((ulong)value);
    }

    private static UInt128 Read(BinaryReader reader) => new(reader.ReadUInt64(), reader.ReadUInt64());
}

/// <summary>An identifier that is known no more.</summary>
/// <param name="Version">OPRF version of its evaluation.</param>
/// <param name="Hash">Its local hash.</param>
/// <param name="Tags">All its tags.</param>
public sealed record ForgottenIdentifier(uint Version, UInt128 Hash, IReadOnlyList<Tag> Tags);
