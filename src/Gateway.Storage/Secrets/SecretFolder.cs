using System.Security.Cryptography;
using Gateway.Cryptography;
using Gateway.Protocol.Errors;

namespace Gateway.Storage.Secrets;

/// <summary>
/// The secrets in a folder. Where the folder has a folder.key, each of them is sealed under the 32 random bytes in it, which are sealed by a passphrase or a secret file; else they lie
/// there plainly, readable by their owner only. Which of the two it is must be what the caller expects: a plain file is never taken for a sealed one.
/// </summary>
public sealed class SecretFolder : IDisposable
{
    /// <summary>Name of the file with the folder's key.</summary>
    public const string KeyFile = "folder.key";

    private const string Unfinished = ".new";
    private const int KeySize = 32;

    private readonly string _path;
    private readonly SealingSecret? _secret;
    private readonly RandomSource _random;
    private readonly SecretDisk _disk;
    private readonly Lock _gate = new();
    private byte[]? _key;

    /// <summary>The secrets of a folder; nothing is read yet.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="secret">What opens them; null for a folder that is not sealed. Stays the caller's.</param>
    /// <param name="random">Keys, salts, nonces.</param>
    /// <param name="disk">Where they are written.</param>
    public SecretFolder(string path, SealingSecret? secret, RandomSource random, SecretDisk? disk = null)
    {
        _path = Path.GetFullPath(path);
        _secret = secret;
        _random = random;
        _disk = disk ?? SecretDisk.Real;
    }

    /// <summary>Whether a folder is sealed, and by what; null where it is not.</summary>
    public static SealingMethod? MethodOf(string path)
    {
        string file = Path.Combine(path, KeyFile);
        return File.Exists(file) ? SealedBytes.MethodOf(File.ReadAllBytes(file)) ?? SealingMethod.Passphrase : null;
    }

    /// <summary>Makes the folder's key where a secret was given and there is none. Again in the same folder it opens the one that is there.</summary>
    /// <exception cref="RefusalException">The key that is there does not open, or the passphrase is too short.</exception>
    public void Found()
    {
        lock (_gate)
        {
            if (_secret is null || File.Exists(Of(KeyFile)))
            {
                Key();
                return;
            }

            byte[] key = NewKey();
            WriteWhole(Of(KeyFile), SealedBytes.Seal(_secret, KeyFile, key, _random));
            _key = key;
        }
    }

    /// <summary>Reads a secret; null where there is no such file. The caller zeroes it.</summary>
    /// <param name="file">Its path, in this folder.</param>
    /// <exception cref="RefusalException">The folder is sealed and does not open, or is not sealed as expected, or the file was altered or put there by somebody else.</exception>
    public byte[]? Read(string file)
    {
        lock (_gate)
        {
            byte[]? key = Key();
            string path = Of(file), name = NameOf(path);
            if (key is null) return File.Exists(path) ? File.ReadAllBytes(path) : null;

            // A change of the folder's key that was cut short after it was decided has left the file beside its old form.
            byte[]? content = Open(key, name, path) ?? Open(key, name, path + Unfinished);
            return content is not null || !File.Exists(path)
                ? content
                : throw new RefusalException(Refusal.DataLoss("SECRET_UNREADABLE", "The file is not sealed under the key of this folder: it was altered, or comes from elsewhere.", path, "Restore the folder from a backup."));
        }
    }

    /// <summary>Writes a secret, whole or not at all.</summary>
    /// <param name="file">Its path, in this folder.</param>
    /// <param name="content">The secret; stays the caller's.</param>
    public void Write(string file, ReadOnlySpan<byte> content)
    {
        lock (_gate)
        {
            string path = Of(file);
            WriteWhole(path, Key() is { } key ? SealedBytes.SealUnder(key, NameOf(path), content, _random) : content);
        }
    }

    /// <summary>Ends what a stop in between has left: for whoever holds the folder's lock, since it moves files.</summary>
    /// <param name="files">Every secret that the folder may hold.</param>
    public void Finish(IEnumerable<string> files)
    {
        lock (_gate)
        {
            byte[]? key = Key();
            foreach (string path in files.Select(Of))
            {
                string unfinished = path + Unfinished;
                if (!File.Exists(unfinished)) continue;
                if (key is not null && Open(key, NameOf(path), unfinished) is { } whole)
                {
                    CryptographicOperations.ZeroMemory(whole);
                    _disk.Replace(unfinished, path);
                }
                else
                {
                    _disk.Delete(unfinished);
                }
            }

            _disk.Delete(Of(KeyFile) + Unfinished);
        }
    }

    /// <summary>
    /// Seals everything anew under a new folder key, which another passphrase or secret opens. The replacement of folder.key decides: a stop before it leaves the folder to the old one, a stop
    /// after it to the new one. For whoever holds the folder's lock; the folder is opened anew afterwards.
    /// </summary>
    /// <param name="next">What opens the folder from now on.</param>
    /// <param name="files">Every secret that the folder may hold.</param>
    /// <exception cref="RefusalException">The folder does not open, or the new passphrase is too short.</exception>
    public void Rekey(SealingSecret next, IReadOnlyCollection<string> files)
    {
        next.RequireGoodEnough();
        lock (_gate)
        {
            Finish(files);
            byte[] key = NewKey();
            byte[] sealedKey = SealedBytes.Seal(next, KeyFile, key, _random);
            string[] present = [.. files.Select(Of).Where(File.Exists)];
            foreach (string path in present)
            {
                byte[] content = Read(path)!;
                _disk.Write(path + Unfinished, SealedBytes.SealUnder(key, NameOf(path), content, _random));
                CryptographicOperations.ZeroMemory(content);
            }

            WriteWhole(Of(KeyFile), sealedKey);
            foreach (string path in present) _disk.Replace(path + Unfinished, path);
            CryptographicOperations.ZeroMemory(_key);
            CryptographicOperations.ZeroMemory(key);
            _key = null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => CryptographicOperations.ZeroMemory(_key);

    private byte[]? Key()
    {
        if (_key is not null) return _key;
        string file = Of(KeyFile);
        switch (File.Exists(file), _secret)
        {
            case (false, null):
                return null;
            case (false, _):
                throw new RefusalException(Refusal.Precondition("FOLDER_NOT_SEALED", "A passphrase or secret file was given, and the folder is not sealed.", _path,
                    "If it was sealed once, its keys have been replaced: restore it from a backup. If it never was, seal it with `rekey`."));
            case (true, null):
                throw new RefusalException(Refusal.Precondition("FOLDER_SEALED", "The folder's keys are sealed.", _path, "Give --passphrase-file or --secret-file, or name the file in GATEWAY_PASSPHRASE_FILE or GATEWAY_SECRET_FILE."));
            default:
                byte[] opened = SealedBytes.Open(_secret, KeyFile, File.ReadAllBytes(file));
                _key = GC.AllocateArray<byte>(opened.Length, pinned: true);
                opened.CopyTo(_key, 0);
                CryptographicOperations.ZeroMemory(opened);
                return _key;
        }
    }

    private byte[] NewKey()
    {
        byte[] key = GC.AllocateArray<byte>(KeySize, pinned: true);
        _random.Fill(key);
        return key;
    }

    private void WriteWhole(string path, ReadOnlySpan<byte> bytes)
    {
        _disk.Write(path + Unfinished, bytes);
        _disk.Replace(path + Unfinished, path);
    }

    private static byte[]? Open(byte[] key, string name, string path) => File.Exists(path) ? SealedBytes.OpenUnder(key, name, File.ReadAllBytes(path)) : null;

    private string Of(string file) => Path.GetFullPath(file, _path);

    // A sealed file is bound to its place: the key of one operator is not taken for another's.
    private string NameOf(string path) => Path.GetRelativePath(_path, path).Replace(Path.DirectorySeparatorChar, '/');
}
