using System.Globalization;
using Gateway.Ledger;

namespace Gateway.Storage.Backup;

/// <summary>That the leaves of a saved store are the ones its newest checkpoint signs.</summary>
internal static class SnapshotRoot
{
    public static SnapshotState Require(LogFrontier frontier, byte[]? note)
    {
        bool holds = note is null
            ? frontier.Size == 0
            : SignedNote.TryParse(note, out SignedNote? signed, out _) && Checkpoint.TryParse(signed.Text, out Checkpoint? checkpoint, out _) && checkpoint.Size == frontier.Size && checkpoint.Root == frontier.Root;
        return holds
            ? new SnapshotState(frontier.Size, frontier.Root)
            : throw new StoreCorruptException(string.Create(CultureInfo.InvariantCulture, $"The {frontier.Size} leaves of the store do not have the root of its newest checkpoint."), inner: null);
    }
}
