using System.Security.Cryptography;
using Gateway.Broker.Hosting;
using Gateway.Broker.Quotas;
using Gateway.Cryptography;
using Gateway.Protocol.Errors;

namespace Gateway.Broker.Tests;

public sealed class HostingTests
{
    private const UnixFileMode Others = ~(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

    [Fact]
    public async Task A_new_broker_keeps_its_keys_to_itself()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        string[] files = Directory.GetFiles(broker.Options.Directory, "*", SearchOption.AllDirectories);
        Assert.Contains(broker.Options.Files.LogSeed, files);
        foreach (string path in files.Append(broker.Options.Directory).Append(broker.Options.Files.Operators))
        {
            if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(path) & Others);
        }
    }

    [Fact]
    public async Task Nothing_is_overwritten()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        BrokerOptionsException refused = await Assert.ThrowsAsync<BrokerOptionsException>(() =>
            new BrokerInitialiser(RandomSource.System, broker.Time).InitialiseAsync(broker.Options, ["one", "two"], CancellationToken.None));
        Assert.Contains("not empty", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_faults_of_the_options_are_told_at_once()
    {
        BrokerOptions options = new()
        {
            Directory = "somewhere",
            Network = "Not A Name",
            Listen = "everywhere",
            AdvertisedAddress = "http://broker.example",
            Hosts = [],
            Quotas = new QuotaOptions { ElementBurst = 1, RecordsPerYear = 1 },
        };
        Assert.Equal(6, Assert.Throws<BrokerOptionsException>(options.Validate).Faults.Count);
    }

    [Fact]
    public async Task A_broker_does_not_start_with_keys_of_another_log()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await broker.StopServingAsync();
        File.WriteAllBytes(broker.Options.Files.LogSeed, RandomNumberGenerator.GetBytes(32));
        File.WriteAllBytes(broker.Options.Files.OprfSeed, RandomNumberGenerator.GetBytes(32));
        BrokerOptionsException refused = await Assert.ThrowsAsync<BrokerOptionsException>(() => BrokerHost.BuildAsync(broker.Options with { Network = "other.example" }, new BrokerSeams { Logging = _ => { } }));
        Assert.Equal(3, refused.Faults.Count);
    }

    [Fact]
    public async Task A_broker_that_cannot_listen_lets_go_of_its_store()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await broker.StopServingAsync();
        using System.Net.Sockets.TcpListener taken = new(System.Net.IPAddress.Loopback, 0);
        taken.Start();
        FailingDisk? disk = null;
        Microsoft.AspNetCore.Builder.WebApplication app = await BrokerHost.BuildAsync(broker.Options with { Listen = taken.LocalEndpoint.ToString()! }, new BrokerSeams
        {
            Time = broker.Time,
            Logging = _ => { },
            OpenStore = async (options, time, cancellation) => disk = new FailingDisk(await Gateway.Storage.Sqlite.SqliteBrokerStore.OpenAsync(options.Files.Store, time, cancellation)),
        });
        await using (app)
        {
            await Assert.ThrowsAnyAsync<IOException>(() => app.StartAsync());
        }

        Assert.True(disk!.IsClosed);
    }

    [Fact]
    public async Task A_second_broker_on_the_folder_is_refused_before_it_opens_anything()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        bool opened = false;
        BrokerSeams seams = new()
        {
            Time = broker.Time,
            Logging = _ => { },
            OpenStore = async (options, time, cancellation) =>
            {
                opened = true;
                return await Gateway.Storage.Sqlite.SqliteBrokerStore.OpenAsync(options.Files.Store, time, cancellation);
            },
        };
        RefusalException refused = await Assert.ThrowsAsync<RefusalException>(() => BrokerHost.BuildAsync(broker.Options, seams));
        Assert.Equal("BROKER_RUNS_ALREADY", refused.Refusal.Code);
        Assert.False(opened);

        await broker.StopServingAsync();
        await using Microsoft.AspNetCore.Builder.WebApplication next = await BrokerHost.BuildAsync(broker.Options, seams);
        Assert.True(opened);
    }

    [Fact]
    public async Task A_folder_that_is_open_to_others_is_closed_to_them()
    {
        if (OperatingSystem.IsWindows()) return;
        const UnixFileMode open = ~Others | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        string folder = Path.Combine(Path.GetTempPath(), "gateway-broker-" + Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(folder);
        File.SetUnixFileMode(folder, open);
        await new BrokerInitialiser(RandomSource.System, ManualTime.AtNoonToday()).InitialiseAsync(new BrokerOptions { Directory = folder, Network = TestBroker.Network }, ["one", "two"], CancellationToken.None);
        Assert.Equal(~Others, File.GetUnixFileMode(folder));
        Directory.Delete(folder, recursive: true);

        await using TestBroker broker = await TestBroker.StartAsync();
        File.SetUnixFileMode(broker.Options.Directory, open);
        await broker.RestartAsync();
        Assert.Equal(~Others, File.GetUnixFileMode(broker.Options.Directory));
    }

    [Fact]
    public async Task A_renewal_that_was_cut_short_does_not_keep_the_broker_from_starting()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        string first = broker.Core.Certificate.Current.Thumbprint;
        using ECDsa next = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await File.WriteAllTextAsync(broker.Options.Files.BrokerKey, next.ExportPkcs8PrivateKeyPem());
        string unfinished = broker.Options.Files.BrokerCertificate + ".new";
        await File.WriteAllTextAsync(unfinished, "half a certif");
        await broker.RestartAsync();

        string second = broker.Core.Certificate.Current.Thumbprint;
        Assert.NotEqual(first, second);
        Assert.False(File.Exists(unfinished));
        using HttpClient http = new(broker.NewHandler(null));
        Assert.StartsWith("ok ", await http.GetStringAsync(new Uri(broker.Address + "/healthz")), StringComparison.Ordinal);
        await broker.RestartAsync();
        Assert.Equal(second, broker.Core.Certificate.Current.Thumbprint);
    }

    [Fact]
    public async Task A_certificate_that_cannot_be_renewed_now_is_renewed_later()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        string first = broker.Core.Certificate.Current.Thumbprint;
        broker.Time.Advance(TimeSpan.FromDays(15) - TimeSpan.FromHours(1)); // The day is in the log already when randomness fails.
        await broker.RunDailyWorkAsync();
        Assert.Equal(first, broker.Core.Certificate.Current.Thumbprint);

        broker.Time.Advance(TimeSpan.FromHours(1));
        Assert.True(broker.Core.Certificate.IsDue);
        broker.Random.Fails = true;
        await broker.RunDailyWorkAsync();
        Assert.Equal(first, broker.Core.Certificate.Current.Thumbprint);
        broker.Random.Fails = false;
        await broker.RunDailyWorkAsync();
        Assert.NotEqual(first, broker.Core.Certificate.Current.Thumbprint);
    }

    [Fact]
    public async Task The_brokers_certificate_is_renewed_at_half_life_without_a_restart()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        string first = broker.Core.Certificate.Current.Thumbprint;
        broker.Time.Advance(TimeSpan.FromDays(14));
        await broker.RunDailyWorkAsync();
        Assert.Equal(first, broker.Core.Certificate.Current.Thumbprint);
        broker.Time.Advance(TimeSpan.FromDays(2));
        await broker.RunDailyWorkAsync();
        Assert.NotEqual(first, broker.Core.Certificate.Current.Thumbprint);

        using HttpClient http = new(broker.NewHandler(null));
        Assert.StartsWith("ok ", await http.GetStringAsync(new Uri(broker.Address + "/healthz")), StringComparison.Ordinal);
        string renewed = broker.Core.Certificate.Current.Thumbprint;
        await broker.RestartAsync();
        Assert.Equal(renewed, broker.Core.Certificate.Current.Thumbprint);
    }
}
