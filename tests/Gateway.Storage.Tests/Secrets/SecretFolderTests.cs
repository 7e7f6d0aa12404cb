using System.Text;
using Gateway.Cryptography;
using Gateway.Protocol.Errors;
using Gateway.Storage.Secrets;

namespace Gateway.Storage.Tests.Secrets;

public sealed class SecretFolderTests : IDisposable
{
    private static readonly string[] Files = ["one.key", "two.key", "deeper/three.key"];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-secrets-");
    private readonly SealingSecret _old = SealingSecret.FromSecret(Samples.Bytes("old", 1, 32)), _new = SealingSecret.FromSecret(Samples.Bytes("new", 1, 32));

    public SecretFolderTests() => _folder.CreateSubdirectory("deeper");

    public void Dispose()
    {
        _folder.Delete(recursive: true);
        _old.Dispose();
        _new.Dispose();
    }

    [Fact]
    public void Nothing_of_a_secret_is_on_the_disk_and_only_its_own_place_opens_it()
    {
        using SecretFolder folder = Make(_old);
        foreach (FileInfo file in _folder.GetFiles("*", SearchOption.AllDirectories)) Assert.Equal(-1, File.ReadAllBytes(file.FullName).AsSpan().IndexOf("content of"u8));
        Assert.Equal("content of one.key", Read(_old, "one.key"));

        File.Copy(PathOf("one.key"), PathOf("two.key"), overwrite: true);
        Assert.Equal("SECRET_UNREADABLE", CodeOf(() => Read(_old, "two.key")));
        Assert.Equal("SEAL_NOT_OPENED", CodeOf(() => Read(_new, "one.key")));
    }

    [Fact]
    public void A_plain_file_is_not_taken_for_a_sealed_one_nor_an_unsealed_folder_for_a_sealed_one()
    {
        using SecretFolder folder = Make(_old);
        File.WriteAllText(PathOf("one.key"), "somebody else's");
        Assert.Equal("SECRET_UNREADABLE", CodeOf(() => Read(_old, "one.key")));
        Assert.Equal("FOLDER_SEALED", CodeOf(() => Read(null, "two.key")));
        File.Delete(PathOf(SecretFolder.KeyFile));
        Assert.Equal("FOLDER_NOT_SEALED", CodeOf(() => Read(_old, "one.key")));
    }

    [Fact]
    public void Files_are_their_owners_alone()
    {
        if (OperatingSystem.IsWindows()) return;
        using SecretFolder folder = Make(_old);
        foreach (FileInfo file in _folder.GetFiles("*", SearchOption.AllDirectories)) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, file.UnixFileMode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_rekey_cut_short_at_any_step_leaves_the_folder_to_the_old_or_to_the_new_secret_and_the_next_one_ends_it(bool isSealed)
    {
        SealingSecret? before = isSealed ? _old : null;
        int opensWithOld = 0, opensWithNew = 0;
        for (int last = 0; ; last++)
        {
            foreach (FileInfo file in _folder.GetFiles("*", SearchOption.AllDirectories)) file.Delete();
            Make(before).Dispose();
            CrashingDisk disk = new(last);
            try
            {
                using SecretFolder folder = new(_folder.FullName, before, RandomSource.System, disk);
                folder.Rekey(_new, Files);
                break;
            }
            catch (IOException)
            {
                bool isNew = File.Exists(PathOf(SecretFolder.KeyFile)) && Opens(_new);
                Assert.NotEqual(isNew, Opens(before));
                if (isNew) opensWithNew++;
                else opensWithOld++;
                AssertAllRead(isNew ? _new : before); // Before anything is mended: a command that only reads must do.

                using SecretFolder mended = new(_folder.FullName, isNew ? _new : before, RandomSource.System);
                mended.Finish(Files);
                Assert.Empty(_folder.GetFiles("*.new", SearchOption.AllDirectories));
                AssertAllRead(isNew ? _new : before);
                if (isNew) AssertAllSealed();
            }
        }

        Assert.True(opensWithOld > 0 && opensWithNew > 0);
        AssertAllRead(_new);
        AssertAllSealed();
        if (isSealed) Assert.Equal("SEAL_NOT_OPENED", CodeOf(() => Read(_old, "one.key")));
    }

    private SecretFolder Make(SealingSecret? secret)
    {
        SecretFolder folder = new(_folder.FullName, secret, RandomSource.System);
        folder.Found();
        foreach (string file in Files) folder.Write(PathOf(file), Encoding.ASCII.GetBytes("content of " + file));
        return folder;
    }

    private void AssertAllRead(SealingSecret? secret)
    {
        foreach (string file in Files) Assert.Equal("content of " + file, Read(secret, file));
    }

    private void AssertAllSealed()
    {
        foreach (string file in Files) Assert.True(SealedBytes.Begins(File.ReadAllBytes(PathOf(file))));
    }

    private bool Opens(SealingSecret? secret)
    {
        try
        {
            Read(secret, "one.key");
            return true;
        }
        catch (RefusalException)
        {
            return false;
        }
    }

    private string Read(SealingSecret? secret, string file)
    {
        using SecretFolder folder = new(_folder.FullName, secret, RandomSource.System);
        return Encoding.ASCII.GetString(folder.Read(PathOf(file))!);
    }

    private string PathOf(string file) => Path.Combine(_folder.FullName, file);

    private static string CodeOf(Func<object> action) => Assert.Throws<RefusalException>(action).Refusal.Code;

    /// <summary>A disk whose power goes after so many operations; the one that is cut off may leave half a file.</summary>
    private sealed class CrashingDisk(int last) : SecretDisk
    {
        private int _done;

        public override void Write(string path, ReadOnlySpan<byte> bytes)
        {
            if (_done++ >= last)
            {
                base.Write(path, bytes[..(bytes.Length / 2)]);
                throw new IOException("The power is gone.");
            }

            base.Write(path, bytes);
        }

        public override void Replace(string from, string to)
        {
            if (_done++ >= last) throw new IOException("The power is gone.");
            base.Replace(from, to);
        }

        public override void Delete(string path)
        {
            if (_done++ >= last) throw new IOException("The power is gone.");
            base.Delete(path);
        }
    }
}
