using System.Security.Cryptography;
using Gateway.Broker.Hosting;
using Gateway.Cryptography;
using Gateway.Protocol.Errors;
using Gateway.Storage.Secrets;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace Gateway.Broker.Tests;

public sealed class SealedBrokerTests : IDisposable
{
    private readonly DirectoryInfo _parent = Directory.CreateTempSubdirectory("gateway-sealed-");
    private readonly ManualTime _time = ManualTime.AtNoonToday();
    private readonly SealingSecret _secret = SealingSecret.FromSecret(RandomNumberGenerator.GetBytes(32));

    public void Dispose()
    {
        _parent.Delete(recursive: true);
        _secret.Dispose();
    }

    [Fact]
    public async Task No_key_of_a_sealed_broker_is_in_its_folder_and_it_runs_by_its_secret_alone()
    {
        BrokerOptions options = await MakeAsync(_secret);
        await RunOnceAsync(options);
        foreach (string file in options.Files.Secrets.Where(File.Exists)) Assert.True(SealedBytes.Begins(await File.ReadAllBytesAsync(file)), file);

        using SecretFolder secrets = options.OpenSecrets(RandomSource.System);
        List<byte[]> keys = [.. options.Files.Secrets.Where(File.Exists).Select(file => secrets.Read(file)!)];
        foreach (byte[] pem in keys.Where(key => key.Length > 32).ToArray()) keys.AddRange(PrivateValuesOf(pem));
        Assert.True(keys.Count >= 8);
        foreach (string file in Directory.GetFiles(options.Directory, "*", SearchOption.AllDirectories))
        {
            byte[] bytes = await File.ReadAllBytesAsync(file);
            foreach (byte[] key in keys)
            {
                Assert.Equal(-1, bytes.AsSpan().IndexOf(key));
                Assert.Equal(-1, bytes.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(Convert.ToHexStringLower(key))));
                Assert.Equal(-1, bytes.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(Convert.ToBase64String(key))));
            }
        }

        Assert.Equal("FOLDER_SEALED", await CodeOfAsync(BrokerOptions.Load(options.Directory)));
        using SealingSecret other = SealingSecret.FromSecret(RandomNumberGenerator.GetBytes(32));
        Assert.Equal("SEAL_NOT_OPENED", await CodeOfAsync(BrokerOptions.Load(options.Directory, other)));
    }

    [Fact]
    public async Task A_broker_is_sealed_anew_while_it_stands_still_and_not_while_it_runs()
    {
        BrokerOptions options = await MakeAsync(null);
        using SealingSecret passphrase = SealingSecret.FromPassphrase("a passphrase of some words"u8);
        await using (WebApplication running = await BuildAsync(options))
        {
            await running.StartAsync();
            Assert.Equal("BROKER_RUNS_ALREADY", Assert.Throws<RefusalException>(() => BrokerRekey.Run(options, passphrase, RandomSource.System)).Refusal.Code);
            await running.StopAsync();
        }

        BrokerRekey.Run(options, passphrase, RandomSource.System);
        foreach (string file in options.Files.Secrets.Where(File.Exists)) Assert.True(SealedBytes.Begins(await File.ReadAllBytesAsync(file)), file);
        Assert.Equal("FOLDER_SEALED", await CodeOfAsync(options));
        BrokerOptions reopened = options with { Secret = passphrase };
        await RunOnceAsync(reopened);
        BrokerRekey.Run(reopened, _secret, RandomSource.System);
        await RunOnceAsync(options with { Secret = _secret });
        Assert.Equal("SEAL_METHOD", await CodeOfAsync(reopened));
    }

    private async Task<BrokerOptions> MakeAsync(SealingSecret? secret)
    {
        BrokerOptions options = new() { Directory = Path.Combine(_parent.FullName, "broker"), Network = TestBroker.Network, Listen = "127.0.0.1:0", Secret = secret };
        await new BrokerInitialiser(RandomSource.System, _time).InitialiseAsync(options, ["first", "second"], CancellationToken.None);
        return BrokerOptions.Load(options.Directory, secret);
    }

    private async Task RunOnceAsync(BrokerOptions options)
    {
        await using WebApplication app = await BuildAsync(options);
        await app.StartAsync();
        await app.StopAsync();
    }

    private Task<WebApplication> BuildAsync(BrokerOptions options) => BrokerHost.BuildAsync(options, new BrokerSeams { Time = _time, Logging = logging => logging.ClearProviders() });

    private async Task<string> CodeOfAsync(BrokerOptions options) => (await Assert.ThrowsAsync<RefusalException>(() => BuildAsync(options))).Refusal.Code;

    private static IEnumerable<byte[]> PrivateValuesOf(byte[] pem)
    {
        using ECDsa key = ECDsa.Create();
        key.ImportFromPem(System.Text.Encoding.ASCII.GetString(pem));
        return [key.ExportParameters(includePrivateParameters: true).D!, key.ExportPkcs8PrivateKey()];
    }
}
