using System.Buffers.Binary;
using System.Security.Cryptography;
using Gateway.Protocol;

namespace Gateway.Node.Matching;

/// <summary>How far an index file goes in the store's tables.</summary>
/// <param name="Known">Number of the last row of a known identifier.</param>
/// <param name="Tags">Number of the last row of a known identifier's tag.</param>
/// <param name="LastHash">The hash in that first row; null when there is none.</param>
/// <param name="LastTag">The tag in that second row; null when there is none.</param>
internal readonly record struct IndexFileEnd(long Known, long Tags, UInt128? LastHash, UInt128? LastTag);

/// <summary>
/// What a node's start needs of the store, side by side in one file: hashes of known identifiers, and their tags. Its rows are a sixth of the store's, and one checksum covers a quarter of a
/// million of them. It is a copy: appended to in segments, verified when it is read (HMAC-SHA256 under a key of this node, each segment over the one before), and made anew from
/// the store wherever it does not hold.
/// </summary>
/// <remarks>
/// A segment, integers little-endian: header[56] = "GWINDEX1" ‖ u32 OPRF version ‖ u32 circles ‖ i64 last row of known ‖ i64 hashes ‖ i64 last row of tags ‖ i64 tags ‖ i64 zero; circles ×
/// (circle_id[16] ‖ u32 epoch ‖ i64 tags of it); hashes[16]; tags × (tag[16] ‖ hash[16]); HMAC[32].
/// </remarks>
internal sealed class IndexFile(string path, byte[] key, uint version)
{
    /// <summary>Rows of each table in a segment at most.</summary>
    public const int SegmentRows = 250_000;

    private const int HeaderSize = 56, CircleSize = 28, MacSize = 32, RowSize = 16;

    private byte[] _chain = new byte[MacSize];
    private long _length;

    private static ReadOnlySpan<byte> Magic => "GWINDEX1"u8;

    /// <summary>How many hashes and tags the file states, for making room; nothing of it is believed yet.</summary>
    public (long Hashes, long Tags) Count()
    {
        long hashes = 0, tags = 0;
        if (!File.Exists(path)) return default;
        using FileStream file = File.OpenRead(path);
        byte[] header = new byte[HeaderSize];
        while (file.ReadAtLeast(header, HeaderSize, throwOnEndOfStream: false) == HeaderSize && BodyOf(header) is { } body && file.Length - file.Position >= body)
        {
            hashes += BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(24));
            tags += BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(40));
            file.Position += body;
        }

        return (hashes, tags);
    }

    /// <summary>Reads the segments that hold, the next one while <paramref name="use"/> works on the last. What a crash left half written at the end is cut off by the next append.</summary>
    /// <exception cref="CryptographicException">A whole segment is not the one this node wrote, or is of another OPRF version.</exception>
    public async Task<IndexFileEnd> ReadAsync(Action<IndexSegment> use, CancellationToken cancellation)
    {
        IndexFileEnd end = default;
        if (!File.Exists(path)) return end;
        await using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.SequentialScan);
        Task working = Task.CompletedTask;
        try
        {
            while (await Task.Run(() => Next(file), cancellation) is { } segment)
            {
                await working;
                cancellation.ThrowIfCancellationRequested();
                end = new IndexFileEnd(segment.LastKnown, segment.LastTags, segment.LastHash ?? end.LastHash, segment.LastTag ?? end.LastTag);
                working = Task.Run(() => use(segment), CancellationToken.None);
            }
        }
        finally
        {
            await working;
        }

        return end;
    }

    /// <summary>Appends a segment, on the disk when it returns.</summary>
    public void Append(long lastKnown, ReadOnlySpan<UInt128> hashes, long lastTags, IReadOnlyList<(UInt128 Tag, UInt128 Hash)> tags, IReadOnlyCollection<KeyValuePair<(CircleId Circle, uint Epoch), long>> circles)
    {
        byte[] bytes = new byte[HeaderSize + (circles.Count * CircleSize) + (hashes.Length * RowSize) + (tags.Count * 2 * RowSize) + MacSize];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), version);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), circles.Count);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), lastKnown);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(24), hashes.Length);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(32), lastTags);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(40), tags.Count);
        int place = HeaderSize;
        foreach (((CircleId circle, uint epoch), long count) in circles)
        {
            circle.CopyTo(bytes.AsSpan(place));
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(place + CircleId.Size), epoch);
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(place + CircleId.Size + 4), count);
            place += CircleSize;
        }

        foreach (UInt128 hash in hashes)
        {
            BinaryPrimitives.WriteUInt128LittleEndian(bytes.AsSpan(place), hash);
            place += RowSize;
        }

        foreach ((UInt128 tag, UInt128 hash) in tags)
        {
            BinaryPrimitives.WriteUInt128LittleEndian(bytes.AsSpan(place), tag);
            BinaryPrimitives.WriteUInt128LittleEndian(bytes.AsSpan(place + RowSize), hash);
            place += 2 * RowSize;
        }

        byte[] mac = MacOf(bytes.AsSpan(0, place));
        mac.CopyTo(bytes, place);
        FileStreamOptions options = new() { Mode = FileMode.OpenOrCreate, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using FileStream file = new(path, options);
        file.SetLength(_length);
        file.Position = _length;
        file.Write(bytes);
        file.Flush(flushToDisk: true);
        _length += bytes.Length;
        _chain = mac;
    }

    /// <summary>Forgets the file: the next segment is its first.</summary>
    public void Delete()
    {
        File.Delete(path);
        _chain = new byte[MacSize];
        _length = 0;
    }

    private IndexSegment? Next(FileStream file)
    {
        byte[] header = new byte[HeaderSize];
        if (file.ReadAtLeast(header, HeaderSize, throwOnEndOfStream: false) < HeaderSize) return null;
        long body = BodyOf(header) ?? throw new CryptographicException("A segment of the index file has no header of this version.");
        if (file.Length - file.Position < body) return null; // Cut off while it was written.
        byte[] bytes = GC.AllocateUninitializedArray<byte>(HeaderSize + (int)body);
        header.CopyTo(bytes, 0);
        file.ReadExactly(bytes, HeaderSize, (int)body);
        byte[] mac = MacOf(bytes.AsSpan(0, bytes.Length - MacSize));
        if (!mac.AsSpan().SequenceEqual(bytes.AsSpan(bytes.Length - MacSize)) || BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(8)) != version)
        {
            throw new CryptographicException("A segment of the index file does not have its checksum.");
        }

        _chain = mac;
        _length = file.Position;
        return new IndexSegment(bytes);
    }

    // The segment's rows and checksum; null where the header cannot be one.
    private static long? BodyOf(ReadOnlySpan<byte> header)
    {
        int circles = BinaryPrimitives.ReadInt32LittleEndian(header[12..]);
        long hashes = BinaryPrimitives.ReadInt64LittleEndian(header[24..]), tags = BinaryPrimitives.ReadInt64LittleEndian(header[40..]);
        bool holds = header.StartsWith(Magic) && circles is >= 0 and <= SegmentRows && hashes is >= 0 and <= SegmentRows && tags is >= 0 and <= SegmentRows;
        return holds ? (circles * (long)CircleSize) + (hashes * RowSize) + (tags * 2 * RowSize) + MacSize : null;
    }

    private byte[] MacOf(ReadOnlySpan<byte> segment)
    {
        using IncrementalHash mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        mac.AppendData(_chain);
        mac.AppendData(segment);
        return mac.GetHashAndReset();
    }
}

/// <summary>A segment of an index file that holds.</summary>
internal sealed class IndexSegment(byte[] bytes)
{
    private const int HeaderSize = 56, CircleSize = 28, RowSize = 16;

    private int Circles => BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(12));

    public long LastKnown => BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(16));

    public int HashCount => (int)BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(24));

    public long LastTags => BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(32));

    public int TagCount => (int)BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(40));

    public UInt128? LastHash => HashCount == 0 ? null : HashAt(HashCount - 1);

    public UInt128? LastTag => TagCount == 0 ? null : TagAt(TagCount - 1).Tag;

    public UInt128 HashAt(int row) => BinaryPrimitives.ReadUInt128LittleEndian(bytes.AsSpan(HeaderSize + (Circles * CircleSize) + (row * RowSize)));

    public (UInt128 Tag, UInt128 Hash) TagAt(int row)
    {
        ReadOnlySpan<byte> place = bytes.AsSpan(HeaderSize + (Circles * CircleSize) + (HashCount * RowSize) + (row * 2 * RowSize));
        return (BinaryPrimitives.ReadUInt128LittleEndian(place), BinaryPrimitives.ReadUInt128LittleEndian(place[RowSize..]));
    }

    /// <summary>How many of the tags belong to each circle and epoch.</summary>
    public IEnumerable<((CircleId Circle, uint Epoch) Key, long Tags)> TagsByCircle()
    {
        for (int i = 0; i < Circles; i++)
        {
            int place = HeaderSize + (i * CircleSize);
            CircleId circle = CircleId.FromBytes(bytes.AsSpan(place, CircleId.Size));
            yield return ((circle, BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(place + CircleId.Size))), BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(place + CircleId.Size + 4)));
        }
    }
}
