using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Gateway.Benchmarks;

/// <summary>A throw-away PostgreSQL cluster on a Unix socket with pg_trgm and a GIN index: the nearest name by similarity, one query after the other inside the server, so that no protocol is timed.</summary>
internal sealed class PostgresPeer : IDisposable
{
    private readonly string _folder;
    private readonly string _binaries;
    private readonly string[] _as;

    private PostgresPeer(string folder, string binaries, string[] asUser)
    {
        _folder = folder;
        _binaries = binaries;
        _as = asUser;
    }

    /// <summary>Starts one; null with the reason where the machine has none. PostgreSQL refuses to run as root: then it runs as the user postgres of Debian's package.</summary>
    public static PostgresPeer? Start(out string reason)
    {
        string[] installed = Directory.Exists("/usr/lib/postgresql") ? [.. Directory.GetDirectories("/usr/lib/postgresql").OrderDescending().Select(version => Path.Combine(version, "bin"))] : [];
        string? initdb = installed.Select(folder => Path.Combine(folder, "initdb")).FirstOrDefault(File.Exists) ?? Tools.Find("initdb");
        if (initdb is null || Tools.Find("psql") is null)
        {
            reason = "PostgreSQL is not installed (Debian: apt-get install postgresql)";
            return null;
        }

        bool isRoot = Environment.UserName == "root";
        if (isRoot && Tools.Find("setpriv") is null)
        {
            reason = "setpriv is missing, and PostgreSQL does not run as root";
            return null;
        }

        PostgresPeer peer = new(Directory.CreateTempSubdirectory("gw-pg-").FullName, Path.GetDirectoryName(initdb)!, isRoot ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : []);
        if (isRoot) Tools.Run("/usr/bin/env", ["chown", "postgres", peer._folder]);
        (int code, _, string errors) = peer.Run("initdb", "-D", peer.Data, "--no-sync", "-A", "trust", "-U", "bench");
        if (code == 0) (code, _, errors) = peer.Run("pg_ctl", "-D", peer.Data, "-w", "-l", Path.Combine(peer._folder, "log"), "-o", $"-c listen_addresses='' -k {peer._folder} -c fsync=off -c shared_buffers=256MB", "start");
        if (code == 0)
        {
            reason = "";
            return peer;
        }

        reason = $"PostgreSQL did not start: {errors.Trim().Split('\n')[^1]}";
        peer.Dispose();
        return null;
    }

    public string Version => Run("postgres", "--version").Output.Trim();

    private string Data => Path.Combine(_folder, "data");

    /// <summary>Names looked up a second, each by the best of the names that pg_trgm takes for similar (threshold 0.3, its default).</summary>
    /// <returns>Null, with the reason, where the server does not answer.</returns>
    public double? Measure(IReadOnlyList<string> names, IReadOnlyList<string> queries, out string reason)
    {
        StringBuilder script = new("SET client_min_messages = warning; CREATE EXTENSION pg_trgm; CREATE TABLE names (name text); CREATE TABLE queries (name text);\n");
        Copy(script, "names", names);
        Copy(script, "queries", queries);
        script.Append("CREATE INDEX by_trigram ON names USING gin (name gin_trgm_ops); ANALYZE names;\n");
        string look = "DO $$ DECLARE q text; found text; began timestamptz := clock_timestamp(); BEGIN FOR q IN SELECT name FROM queries LOOP SELECT name INTO found FROM names WHERE name % q ORDER BY similarity(name, q) DESC LIMIT 1; END LOOP; "
            + "RAISE WARNING 'seconds %', extract(epoch FROM clock_timestamp() - began); END $$;\n";
        script.Append(look).Append(look); // The first warms up.
        string file = Path.Combine(_folder, "script.sql");
        File.WriteAllText(file, script.ToString());
        (int code, _, string errors) = Run("psql", "-h", _folder, "-U", "bench", "-d", "postgres", "-v", "ON_ERROR_STOP=1", "-f", file);
        string? seconds = errors.Split('\n').LastOrDefault(line => line.Contains("seconds ", StringComparison.Ordinal));
        reason = $"psql ended with code {code}: {errors.Trim().Split('\n')[^1]}";
        if (code != 0 || seconds is null) return null;
        return queries.Count / double.Parse(seconds[(seconds.IndexOf("seconds ", StringComparison.Ordinal) + 8)..], CultureInfo.InvariantCulture);
    }

    public void Dispose()
    {
        if (File.Exists(Path.Combine(Data, "postmaster.pid"))) Run("pg_ctl", "-D", Data, "-m", "immediate", "-w", "stop");
        Directory.Delete(_folder, recursive: true);
    }

    private static void Copy(StringBuilder script, string table, IEnumerable<string> rows)
    {
        script.Append(CultureInfo.InvariantCulture, $"COPY {table} FROM stdin;\n");
        foreach (string row in rows) script.Append(row.Replace("\\", "\\\\", StringComparison.Ordinal).Replace('\t', ' ').Replace('\n', ' ')).Append('\n');
        script.Append("\\.\n");
    }

    // The server keeps the pipes it is given: what pg_ctl starts gets a log file instead, and no pipe of ours.
    private (int Code, string Output, string Errors) Run(string program, params string[] arguments)
    {
        string output = Path.Combine(Path.GetTempPath(), $"gw-pg-{Guid.NewGuid():N}");
        string path = File.Exists(Path.Combine(_binaries, program)) ? Path.Combine(_binaries, program) : Tools.Find(program) ?? program;
        string line = string.Join(' ', _as.Append(path).Concat(arguments).Select(part => $"'{part.Replace("'", "'\\''", StringComparison.Ordinal)}'"));
        using Process process = Process.Start(new ProcessStartInfo("/bin/sh") { ArgumentList = { "-c", $"cd / && {line} >{output} 2>{output}.err </dev/null" } })!;
        process.WaitForExit();
        (int, string, string) result = (process.ExitCode, File.ReadAllText(output), File.ReadAllText(output + ".err"));
        File.Delete(output);
        File.Delete(output + ".err");
        return result;
    }
}
