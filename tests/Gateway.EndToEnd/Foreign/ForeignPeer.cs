using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using Gateway.Protocol;
using Gateway.Protocol.Identity;

namespace Gateway.EndToEnd.Foreign;

/// <summary>A member whose software is not ours: the peers of this folder, run as processes of their own. A tool that is missing is a failure that names the command to install it.</summary>
public sealed class ForeignPeer(string folder, MemberId member)
{
    // The packages belong to Debian's interpreter, which need not be the first on the path.
    private const string Python = "/usr/bin/python3";
    private const string InstallNode = "apt-get install -y nodejs npm && tests/foreign-js/setup.sh";
    private const string InstallPython = "apt-get install -y python3 python3-grpcio python3-grpc-tools python3-protobuf libsodium23";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public MemberId Member { get; } = member;

    /// <summary>Makes keys and an application by the JavaScript peer, has the operators admit it, and enrols.</summary>
    public static async Task<ForeignPeer> EnrolAsync(LocalNetwork network, string name, Protocol.V1.MemberRole role)
    {
        string folder = Path.Combine(network.Folder, name), networkFile = folder + ".network.json", applicationFile = folder + ".application.json", file = folder + ".invitation.json";
        await File.WriteAllTextAsync(networkFile, network.Operators.Network.ToJson());
        using (await JavaScriptAsync("apply", folder, networkFile, name, role.ToString().ToUpperInvariant(), applicationFile))
        {
        }

        InvitationFile invitation = await network.Operators.AdmitAsync(ApplicationFile.Parse(await File.ReadAllTextAsync(applicationFile)), network.Members);
        await File.WriteAllTextAsync(file, invitation.ToJson());
        using JsonDocument enrolled = await JavaScriptAsync("enrol", folder, file);
        Assert.Equal(invitation.MemberId, enrolled.RootElement.GetProperty("member_id").GetString());
        return new ForeignPeer(folder, MemberId.FromBytes(Convert.FromHexString(invitation.MemberId)));
    }

    /// <summary>Follows the whole log and verifies it.</summary>
    public Task<JsonDocument> FollowAsync() => JavaScriptAsync("follow", folder);

    /// <summary>Accepts a circle that is being founded.</summary>
    public async Task AcceptAsync(string circle) => (await JavaScriptAsync("accept", folder, circle)).Dispose();

    /// <summary>Tries what it may not.</summary>
    public Task<JsonDocument> TrespassAsync(string circle, RecordId record) => JavaScriptAsync("trespass", folder, circle, record.ToString());

    /// <summary>Follows, verifies proofs and items, and opens what the e-mail addresses open, all by the Python peer.</summary>
    public Task<JsonDocument> ReadAsync(params string[] addresses) => RunAsync(Python, InstallPython, [Script("peer.py"), folder, .. addresses]);

    /// <summary>Audits the public log as a stranger, with nothing but the network's file.</summary>
    public static async Task<JsonDocument> AuditAsync(LocalNetwork network)
    {
        string file = Path.Combine(network.Folder, "network.json");
        await File.WriteAllTextAsync(file, network.Operators.Network.ToJson());
        return await RunAsync(Python, InstallPython, [Script("audit.py"), file]);
    }

    private static Task<JsonDocument> JavaScriptAsync(params string[] arguments)
    {
        Assert.True(Directory.Exists(Path.Combine(Root, "tests/foreign-js/node_modules/@grpc/grpc-js")), $"The packages of the JavaScript peer are missing: {InstallNode}");
        return RunAsync("node", InstallNode, [Script("peer.mjs"), .. arguments]);
    }

    private static async Task<JsonDocument> RunAsync(string program, string install, IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        using Process process = Start(start, install);
        using CancellationTokenSource patience = new(Patience);
        Task<string> output = process.StandardOutput.ReadToEndAsync(patience.Token), errors = process.StandardError.ReadToEndAsync(patience.Token);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{start.FileName} {string.Join(' ', start.ArgumentList)} did not end within {Patience}.");
        }

        Assert.True(process.ExitCode == 0, $"{start.FileName} {string.Join(' ', start.ArgumentList)} ended with {process.ExitCode}:\n{await errors}");
        return JsonDocument.Parse(await output);
    }

    private static Process Start(ProcessStartInfo start, string install)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            throw new InvalidOperationException($"{start.FileName} is missing: {install}");
        }
    }

    private static string Script(string name) => Path.Combine(Root, "tests/Gateway.EndToEnd/Foreign", name);

    private static string Root
    {
        get
        {
            DirectoryInfo? folder = new(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Gateway.sln"))) folder = folder.Parent;
            return folder?.FullName ?? throw new InvalidOperationException($"No Gateway.sln stands above {AppContext.BaseDirectory}: run the tests inside the project.");
        }
    }
}
