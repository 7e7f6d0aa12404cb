using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using Gateway.Protocol.Errors;
using Gateway.Storage.Secrets;

namespace Gateway.Cli.Connect;

/// <summary>
/// Where the passphrase or secret of a folder comes from: a file that an option or an environment variable names (a pipe such as /dev/fd/3 counts as one), else a person at a terminal. Never an
/// argument or an environment variable itself: other processes can read those.
/// </summary>
public sealed class Unlocking(Surroundings surroundings)
{
    /// <summary>Environment variable that names the file with the passphrase.</summary>
    public const string PassphraseVariable = "GATEWAY_PASSPHRASE_FILE";

    /// <summary>Environment variable that names the file with the secret.</summary>
    public const string SecretVariable = "GATEWAY_SECRET_FILE";

    /// <summary>The global option for a passphrase.</summary>
    public Option<string?> PassphraseFile { get; } = new("--passphrase-file") { Description = $"File whose first line is the passphrase of the folder's keys; {PassphraseVariable} unless given, else asked for on a terminal.", HelpName = "FILE", Recursive = true };

    /// <summary>The global option for a secret.</summary>
    public Option<string?> SecretFile { get; } = new("--secret-file") { Description = $"File of 32 random bytes or more that opens the folder's keys, in place of a passphrase; {SecretVariable} unless given.", HelpName = "FILE", Recursive = true };

    /// <summary>What opens a folder that there is; null where it is not sealed and nothing was given.</summary>
    /// <exception cref="RefusalException">A file cannot be read, or both kinds were given.</exception>
    public SealingSecret? Of(ParseResult parsed, string folder)
    {
        if (FromFiles(parsed) is { } given) return given;
        return SecretFolder.MethodOf(folder) == SealingMethod.Passphrase && surroundings.AskSecret is { } ask ? FromPerson(ask($"Passphrase of {folder}: ")) : null;
    }

    /// <summary>What a folder that is made is sealed by; null where it is wanted unsealed.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="unsealed">Whether keys without a seal are wanted expressly.</param>
    /// <exception cref="RefusalException">Nothing was given, and nobody can be asked.</exception>
    public SealingSecret? ForNew(ParseResult parsed, bool unsealed)
    {
        SealingSecret? given = FromFiles(parsed);
        if (unsealed)
        {
            return given is null
                ? null
                : throw new RefusalException(Refusal.Invalid("SEALING_UNDECIDED", "A passphrase or secret file was given, and no seal was wanted.", "--unsealed", "Leave out one of the two."));
        }

        return given ?? AskTwice() ?? throw new RefusalException(Refusal.Invalid("SEALING_UNDECIDED", "It was not said how the keys are to be sealed.", "keys", $"Give --passphrase-file or --secret-file, or name the file in {PassphraseVariable} or {SecretVariable}; for a trial only, --unsealed."));
    }

    /// <summary>What a folder is sealed by from now on.</summary>
    /// <exception cref="RefusalException">Nothing was given, and nobody can be asked.</exception>
    public SealingSecret ForNext(string? passphraseFile, string? secretFile) => FromFiles(passphraseFile, secretFile) ?? AskTwice()
        ?? throw new RefusalException(Refusal.Invalid("SEALING_UNDECIDED", "It was not said how the keys are to be sealed from now on.", "keys", "Give --new-passphrase-file or --new-secret-file."));

    private SealingSecret? FromFiles(ParseResult parsed)
    {
        (string? passphrase, string? secret) = (parsed.GetValue(PassphraseFile), parsed.GetValue(SecretFile));
        return FromFiles(passphrase, secret) ?? FromFiles(Variable(PassphraseVariable), Variable(SecretVariable));
    }

    private SealingSecret? FromFiles(string? passphraseFile, string? secretFile)
    {
        if (passphraseFile is not null && secretFile is not null)
        {
            throw new RefusalException(Refusal.Invalid("SEALING_UNDECIDED", "Both a passphrase file and a secret file were given.", "keys", "Give the one that sealed the keys."));
        }

        if ((passphraseFile ?? secretFile) is not { } path) return null;
        byte[] bytes = Read(Path.GetFullPath(path, surroundings.CurrentDirectory));
        try
        {
            return passphraseFile is null ? SealingSecret.FromSecret(bytes) : SealingSecret.FromPassphrase(FirstLine(bytes));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    private SealingSecret? AskTwice()
    {
        if (surroundings.AskSecret is not { } ask) return null;
        string? first = ask("New passphrase: "), second = ask("Once more: ");
        if (first != second) throw new RefusalException(Refusal.Invalid("PASSPHRASE_INVALID", "The two passphrases differ.", "passphrase", "Try again."));
        return FromPerson(first);
    }

    private static SealingSecret FromPerson(string? typed) => SealingSecret.FromPassphrase(Encoding.UTF8.GetBytes(typed ?? ""));

    private string? Variable(string name) => surroundings.Environment(name) is { Length: > 0 } value ? value : null;

    private static ReadOnlySpan<byte> FirstLine(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf((byte)'\n');
        return (end < 0 ? bytes : bytes[..end]).TrimEnd((byte)'\r');
    }

    // A pipe has no length, and can be read once.
    private static byte[] Read(string path)
    {
        byte[] buffer = new byte[SealingSecret.Maximum + 1];
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read);
            int read = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            return buffer[..read];
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new RefusalException(Refusal.Precondition("SECRET_FILE_UNREADABLE", $"The file with the passphrase or secret cannot be read: {fault.Message}", path, "Name a file that this program's user can read."));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
        }
    }
}
