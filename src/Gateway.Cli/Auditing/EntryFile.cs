using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Cli.Auditing;

/// <summary>
/// Entries that a member has exported for an auditor, held against the log's leaves one after the other: each must be what its leaf commits to, no network-wide one may be missing, and the
/// statements in them must hold. Reads the file as the leaves come by.
/// </summary>
public sealed class EntryFile : IDisposable
{
    private readonly FileStream _file;
    private readonly string _path;
    private ExportedEntry? _next;

    /// <summary>Opens a file that `gateway log export` wrote.</summary>
    /// <exception cref="RefusalException">It is none.</exception>
    public EntryFile(string path)
    {
        _path = path;
        _file = File.OpenRead(path);
        Advance(-1);
    }

    /// <summary>The state of the network that the entries add up to.</summary>
    public NetworkState State { get; private set; } = NetworkState.Empty;

    /// <summary>Entries opened.</summary>
    public ulong Opened { get; private set; }

    /// <summary>Takes the next leaf; tells what does not hold.</summary>
    public Refusal? Take(ulong index, ReadOnlySpan<byte> leafData)
    {
        if (_next?.Index != index)
        {
            return LeafData.IsNetworkWide(leafData) ? Refusal.DataLoss("ENTRY_HIDDEN", "A network-wide entry is not in the file of entries.", $"leaf {index}", "Ask the member to export again, up to the newest checkpoint; ask another member, too.") : null;
        }

        ExportedEntry exported = _next;
        Advance((long)index);
        if (!LeafData.CommitsTo(leafData, exported.Salt.Span, exported.Entry.Span)) return Refusal.DataLoss("ENTRY_ALTERED", "An exported entry is not the one its leaf commits to.", $"leaf {index}", "Ask another member for its export: either this file or this log is not the true one.");
        Opened++;
        if (!LeafData.IsNetworkWide(leafData)) return null;
        try
        {
            string? refusal = State.TryApply(Entry.Parser.ParseFrom(exported.Entry), exported.Entry.Span, out NetworkState next);
            State = next;
            return refusal is null ? null : Refusal.DataLoss("ENTRY_CONTRADICTS", refusal, $"leaf {index}", "Nobody believes this entry; ask the broker's operator how it came into the log.");
        }
        catch (InvalidProtocolBufferException)
        {
            return Refusal.DataLoss("ENTRY_UNREADABLE", "A network-wide entry cannot be read.", $"leaf {index}", "Use the newest program; if it cannot read it either, ask the broker's operator.");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private void Advance(long last)
    {
        try
        {
            _next = _file.Position < _file.Length ? ExportedEntry.Parser.ParseDelimitedFrom(_file) : null;
        }
        catch (InvalidProtocolBufferException)
        {
            throw Unreadable();
        }

        if (_next is not null && last >= 0 && _next.Index <= (ulong)last) throw Unreadable();
    }

    private RefusalException Unreadable() => new(Refusal.Invalid("ENTRIES_UNREADABLE", "The file is no export of a log's entries.", _path, "Name the file that `gateway log export` wrote."));
}
