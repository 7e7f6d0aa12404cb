using Gateway.Node.Identity;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Cli.Auditing;

/// <summary>Proofs of forks in a file: JSON, so that people can see what is in it.</summary>
internal static class EvidenceFile
{
    private const int MostBytes = 64 * 1_048_576;

    /// <summary>Writes a file, whole or not at all.</summary>
    public static void Write(string path, IEnumerable<ForkEvidence> evidence) =>
        NodeDirectory.WriteWhole(path, System.Text.Encoding.UTF8.GetBytes(new JsonFormatter(JsonFormatter.Settings.Default.WithIndentation()).Format(new ForkEvidenceFile { Evidence = { evidence } }) + "\n"));

    /// <summary>Reads a file.</summary>
    /// <exception cref="RefusalException">It is none.</exception>
    public static async Task<IReadOnlyList<ForkEvidence>> ReadAsync(string path, CancellationToken cancellation)
    {
        try
        {
            if (new FileInfo(path).Length <= MostBytes) return ForkEvidenceFile.Parser.ParseJson(await File.ReadAllTextAsync(path, cancellation)).Evidence;
        }
        catch (Exception fault) when (fault is InvalidProtocolBufferException or InvalidJsonException)
        {
            // Said below.
        }

        throw new RefusalException(Refusal.Invalid("EVIDENCE_UNREADABLE", "The file holds no evidence of a fork.", path, "Name a file that `gateway log evidence --out` or `gateway log verify` wrote."));
    }
}
