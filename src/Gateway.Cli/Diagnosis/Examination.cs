using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Broker.Hosting;
using Gateway.Cli.Connect;
using Gateway.Cryptography;
using Gateway.Node.Identity;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;
using Gateway.Protocol.V1;
using Gateway.Storage.Secrets;
using Grpc.Core;

namespace Gateway.Cli.Diagnosis;

/// <summary>Examines a broker's or a node's folder and what it needs around it. Nothing is changed.</summary>
internal sealed class Examination(Surroundings surroundings)
{
    private const long LittleRoom = 1L << 30;
    private const long NoRoom = 100L << 20;

    private readonly List<Finding> _findings = [];

    /// <summary>Examines what needs no folder.</summary>
    public IReadOnlyList<Finding> Machine()
    {
        try
        {
            _findings.Add(Finding.Ok("libsodium", $"{Sodium.Version} from {Sodium.LoadedFrom}"));
        }
        catch (SodiumNotFoundException fault)
        {
            _findings.Add(Finding.Fault("libsodium", fault.Message, "Install it: on Debian and Ubuntu `apt-get install libsodium23`."));
        }

        return _findings;
    }

    /// <summary>Examines a folder.</summary>
    public async Task<IReadOnlyList<Finding>> FolderAsync(string folder, FolderKind kind, string operatorName, SealingSecret? secret, CancellationToken cancellation)
    {
        Machine();
        Disk(folder);
        Keys(folder, secret);
        if (kind == FolderKind.Broker)
        {
            BrokerFiles files = BrokerOptions.Load(folder).Files;
            Authorities(files.AuthorityCertificate);
            Certificate("broker certificate", files.BrokerCertificate);
            string own = File.Exists(operatorName) ? operatorName : files.OperatorFile(operatorName);
            Certificate("operator certificate", own, file => X509Certificate2.CreateFromPem(OperatorFile.Parse(File.ReadAllText(file)).Certificate));
        }
        else
        {
            NodeDirectory node = new(folder);
            Authorities(node.AuthorityFile);
            if (File.Exists(node.TrustedFile)) _findings.Add(Finding.Warning("network authority", "one is trusted by hand", "The log will name it once it is read; if it does not, remove the file trusted-ca.crt."));
            Certificate("node certificate", node.CertificateFile);
        }

        await BrokerAsync(folder, kind, operatorName, secret, cancellation);
        if (kind == FolderKind.Node) await NodeAsync(folder, cancellation);
        return _findings;
    }

    private void Disk(string folder)
    {
        long free = new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace;
        string room = string.Create(CultureInfo.InvariantCulture, $"{free / (double)(1 << 30):N1} GiB free");
        _findings.Add(free switch
        {
            < NoRoom => Finding.Fault("disk", room, "Free some room: the store cannot grow."),
            < LittleRoom => Finding.Warning("disk", room, "Free some room soon."),
            _ => Finding.Ok("disk", room),
        });
    }

    private void Keys(string folder, SealingSecret? secret)
    {
        switch (SecretFolder.MethodOf(folder))
        {
            case null:
                _findings.Add(Finding.Warning("keys", "not sealed: whoever gets at the disk has them", "Seal them with `rekey` while the program stands still."));
                break;
            case { } method when secret is null:
                _findings.Add(Finding.Ok("keys", $"sealed by {(method == SealingMethod.Passphrase ? "a passphrase" : "a secret file")}; not opened here"));
                break;
            default:
                try
                {
                    using SecretFolder secrets = new(folder, secret, surroundings.Random);
                    secrets.Found();
                    _findings.Add(Finding.Ok("keys", $"sealed by {secret}, which opens them"));
                }
                catch (RefusalException refused)
                {
                    _findings.Add(Finding.Fault("keys", refused.Refusal.What, refused.Refusal.Remedy));
                }

                break;
        }
    }

    private void Authorities(string file)
    {
        try
        {
            IReadOnlyList<X509Certificate2> authorities = AuthoritySet.FromPem(File.ReadAllText(file)).Authorities;
            foreach (X509Certificate2 authority in authorities) Judge($"network authority {AuthoritySet.Fingerprint(authority)[..16]}", authority, "Have the operators rotate it: gateway broker ca rotate.");
            if (authorities.Count > 1) _findings.Add(Finding.Ok("rotation", $"{authorities.Count} authorities hold beside each other"));
        }
        catch (Exception fault) when (fault is RefusalException or IOException)
        {
            _findings.Add(Finding.Fault("network authority", $"{file} cannot be read: {fault.Message}", "Restore it from a backup, or enrol anew."));
        }
    }

    private void Certificate(string subject, string file, Func<string, X509Certificate2>? read = null)
    {
        X509Certificate2 certificate;
        try
        {
            certificate = (read ?? X509CertificateLoader.LoadCertificateFromFile)(file);
        }
        catch (Exception fault) when (fault is CryptographicException or IOException or RefusalException)
        {
            _findings.Add(Finding.Fault(subject, $"{file} cannot be read: {fault.Message}", "Restore it from a backup, or enrol anew."));
            return;
        }

        using (certificate) Judge(subject, certificate, "It is renewed at half its life while the program runs; see that it runs and reaches the broker.");
    }

    private void Judge(string subject, X509Certificate2 certificate, string remedy)
    {
        DateTimeOffset now = surroundings.Time.GetUtcNow(), from = certificate.NotBefore.ToUniversalTime(), to = certificate.NotAfter.ToUniversalTime();
        string until = string.Create(CultureInfo.InvariantCulture, $"valid until {to:yyyy-MM-dd HH:mm} UTC");
        if (now > to) _findings.Add(Finding.Fault(subject, string.Create(CultureInfo.InvariantCulture, $"ended on {to:yyyy-MM-dd HH:mm} UTC"), $"{remedy} See that this machine's clock is right."));
        else if (now < from) _findings.Add(Finding.Fault(subject, string.Create(CultureInfo.InvariantCulture, $"begins only on {from:yyyy-MM-dd HH:mm} UTC"), "Set this machine's clock."));
        else if (to - now < (to - from) / 4) _findings.Add(Finding.Warning(subject, until, remedy));
        else _findings.Add(Finding.Ok(subject, until));
    }

    private async Task BrokerAsync(string folder, FolderKind kind, string operatorName, SealingSecret? secret, CancellationToken cancellation)
    {
        try
        {
            using BrokerAccess broker = BrokerAccess.Of(folder, kind, operatorName, surroundings.Time, secret);
            // A call that wants a certificate: a checkpoint is given to strangers too.
            AsyncUnaryCall<GetDirectoryResponse> call = broker.Members.GetDirectoryAsync(new GetDirectoryRequest(), deadline: BrokerAccess.Deadline, cancellationToken: cancellation);
            Metadata headers = await call.ResponseHeadersAsync;
            await call;
            _findings.Add(Finding.Ok("broker", "reachable, and knows this certificate"));
            BrokerClock(headers.GetValue("date"));
        }
        catch (RpcException fault) when (!cancellation.IsCancellationRequested)
        {
            Refusal refusal = fault.ToRefusal("broker");
            _findings.Add(Finding.Fault("broker", refusal.What, refusal.Remedy));
        }
        catch (Exception fault) when (fault is RefusalException or CryptographicException or IOException)
        {
            _findings.Add(Finding.Fault("broker", fault.Message, "Correct the folder first."));
        }
    }

    private void BrokerClock(string? date)
    {
        if (!DateTimeOffset.TryParseExact(date, "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset theirs)) return;
        double off = (surroundings.Time.GetUtcNow() - theirs).TotalSeconds;
        string difference = string.Create(CultureInfo.InvariantCulture, $"{Math.Abs(off):N0} s from the broker's");
        if (Math.Abs(off) > 300) _findings.Add(Finding.Fault("clock", difference, "Set this machine's clock; have it follow a time server."));
        else if (Math.Abs(off) > 30) _findings.Add(Finding.Warning("clock", difference, "Have this machine's clock follow a time server."));
        else _findings.Add(Finding.Ok("clock", difference));
    }

    private async Task NodeAsync(string folder, CancellationToken cancellation)
    {
        try
        {
            using LocalNode node = LocalNode.Open(folder);
            GetStatusResponse status = await node.Contributions.GetStatusAsync(new GetStatusRequest(), cancellationToken: cancellation);
            _findings.Add(status.BrokerConnected
                ? Finding.Ok("node", string.Create(CultureInfo.InvariantCulture, $"runs; {status.LogSize:N0} of {status.BrokerLogSize:N0} leaves, {status.OutboxWaiting:N0} waiting in the outbox"))
                : Finding.Warning("node", "runs, and is not connected to the broker", "See the lines about broker and certificate."));
            LogDay(status.LogDay);
            foreach (Alarm alarm in status.Alarms.Take(10)) _findings.Add(Finding.Warning("alarm", alarm.Error.What, alarm.Error.Remedy));
            VerifyLogResponse verified = await node.Contributions.VerifyLogAsync(new VerifyLogRequest(), cancellationToken: cancellation);
            if (verified.Faults.Count == 0) _findings.Add(Finding.Ok("log", string.Create(CultureInfo.InvariantCulture, $"{verified.Size:N0} leaves verified{(verified.BrokerChecked ? ", and the broker continues them" : "")}")));
            foreach (ErrorDetail fault in verified.Faults) _findings.Add(Finding.Fault("log", $"{fault.What} ({fault.Which})", fault.Remedy));
        }
        catch (RpcException fault) when (!cancellation.IsCancellationRequested)
        {
            Refusal refusal = LocalNode.Explain(fault, folder).Refusal;
            _findings.Add(Finding.Fault("node", refusal.What, refusal.Remedy));
        }
        catch (RefusalException refused)
        {
            _findings.Add(Finding.Fault("node", refused.Refusal.What, refused.Refusal.Remedy));
        }
    }

    private void LogDay(uint day)
    {
        if (day == 0) return;
        int off = (int)UtcDay.Of(surroundings.Time.GetUtcNow()).Number - (int)day;
        _findings.Add(Math.Abs(off) <= 1
            ? Finding.Ok("day", $"the log is at {new UtcDay(day)}")
            : Finding.Fault("day", $"the log is at {new UtcDay(day)}, this machine {Math.Abs(off)} days {(off > 0 ? "later" : "earlier")}", "Set this machine's clock; if it is right, tell the broker's operator."));
    }
}
