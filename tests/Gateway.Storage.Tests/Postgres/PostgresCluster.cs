using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace Gateway.Storage.Tests.Postgres;

/// <summary>
/// A PostgreSQL of one's own in a temporary folder: page checksums, fsync as in production, a Unix socket and no port. Started when it is first asked for, stopped by its process id.
/// Where the tests run as root the server runs as postgres, since it refuses root.
/// </summary>
public sealed class PostgresCluster : IDisposable
{
    private const string Superuser = "gateway";

    private static readonly string[] Folders = ["/usr/lib/postgresql/15/bin", "/usr/lib/postgresql/16/bin", "/usr/lib/postgresql/17/bin"];

    private readonly Lock _lock = new();
    private string? _folder;
    private Process? _server;
    private readonly HashSet<string> _templates = [];
    private int _schemas;

    /// <summary>Where the server's programs are; null where there are none.</summary>
    public static string? Programs { get; } = Folders.Append(Environment.GetEnvironmentVariable("GATEWAY_POSTGRES_BIN") ?? "").FirstOrDefault(folder => File.Exists(Path.Combine(folder, "postgres")));

    /// <summary>Whether tests pass over PostgreSQL: never in continuous integration.</summary>
    public static bool IsSkipped => Programs is null && Environment.GetEnvironmentVariable("CI") is null or "";

    /// <summary>A connection string to a new, empty schema.</summary>
    public string NewSchema()
    {
        string schema = string.Create(CultureInfo.InvariantCulture, $"t{Interlocked.Increment(ref _schemas)}");
        Execute($"CREATE SCHEMA {schema}");
        return $"{Connection};Search Path={schema}";
    }

    /// <summary>
    /// A connection string to a new database with what <paramref name="fill"/> puts into one: done once for a name, and copied, since to make all tables takes longer than many a test. One caller at a time.
    /// </summary>
    public async Task<string> NewCopyAsync(string name, Func<string, Task> fill)
    {
        if (_templates.Add(name))
        {
            Execute($"CREATE DATABASE {name}");
            await fill(To(name));
        }

        string copy = string.Create(CultureInfo.InvariantCulture, $"c{Interlocked.Increment(ref _schemas)}");
        Execute($"CREATE DATABASE {copy} TEMPLATE {name}");
        return To(copy);
    }

    /// <summary>Deletes a copy, whoever uses it still.</summary>
    public void DropCopy(string connection) => Execute($"DROP DATABASE {new NpgsqlConnectionStringBuilder(connection).Database} WITH (FORCE)");

    /// <summary>A connection string to the database itself.</summary>
    public string Connection
    {
        get
        {
            lock (_lock)
            {
                if (_folder is null) Make();
                if (_server is null) StartServer();
                return To("postgres");
            }
        }
    }

    /// <summary>Runs a statement past the store.</summary>
    public int Execute(string sql, string? connection = null)
    {
        using var open = new NpgsqlConnection(connection ?? Connection);
        open.Open();
        using var command = new NpgsqlCommand(sql, open);
        return command.ExecuteNonQuery();
    }

    /// <summary>Stops the server: at once, without ending transactions in good order, or as an administrator does.</summary>
    public void Stop(bool atOnce)
    {
        lock (_lock)
        {
            if (_server is null) return;
            Run("kill", atOnce ? "-QUIT" : "-INT", _server.Id.ToString(CultureInfo.InvariantCulture));
            _server.WaitForExit();
            _server.Dispose();
            _server = null;
        }
    }

    /// <summary>Starts the server again.</summary>
    public void Start() => _ = Connection;

    public void Dispose()
    {
        Stop(atOnce: false);
        if (_folder is not null) Directory.Delete(_folder, recursive: true);
    }

    private string To(string database) => $"Host={_folder};Username={Superuser};Database={database};Pooling=false";

    private void Make()
    {
        if (Programs is null) throw new InvalidOperationException("PostgreSQL's server programs are absent: on Debian, apt-get install postgresql; or name their folder by GATEWAY_POSTGRES_BIN.");
        _folder = Directory.CreateTempSubdirectory("gateway-pg-").FullName;
        if (Environment.IsPrivilegedProcess) Run("chown", "postgres", _folder);
        Run("initdb", "--pgdata", Path.Combine(_folder, "data"), "--data-checksums", "--auth", "trust", "--username", Superuser, "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync");
    }

    private void StartServer()
    {
        _server = Launch("postgres", "-D", Path.Combine(_folder!, "data"), "-k", _folder!, "-c", "listen_addresses=", "-c", "shared_buffers=64MB", "-c", "max_connections=200", "-c", "log_min_messages=fatal");
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                using var connection = new NpgsqlConnection(To("postgres"));
                connection.Open();
                return;
            }
            catch (NpgsqlException) when (attempt < 600 && !_server.HasExited)
            {
                Thread.Sleep(50);
            }
        }
    }

    private static void Run(string program, params string[] arguments)
    {
        using Process process = Launch(program, arguments);
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} failed with {process.ExitCode}.");
    }

    private static Process Launch(string program, params string[] arguments)
    {
        bool isServers = program is "postgres" or "initdb";
        string path = isServers ? Path.Combine(Programs!, program) : program;
        var start = new ProcessStartInfo(path, arguments) { RedirectStandardOutput = program == "initdb", WorkingDirectory = "/" };
        if (isServers && Environment.IsPrivilegedProcess)
        {
            // In its own place, not as a child of another program: so that its id is the server's.
            start = new ProcessStartInfo("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", "--", path, .. arguments]) { RedirectStandardOutput = program == "initdb", WorkingDirectory = "/" };
        }

        Process process = Process.Start(start)!;
        if (start.RedirectStandardOutput) process.StandardOutput.ReadToEnd();
        return process;
    }
}
