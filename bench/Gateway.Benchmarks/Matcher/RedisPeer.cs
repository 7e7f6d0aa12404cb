using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Gateway.Benchmarks;

/// <summary>
/// A throw-away Redis on a Unix socket, without persistence: what the same question costs in the store most people would ask first. Each shipment is one EXISTS of its keys, a thousand
/// shipments written before the first answer is read.
/// </summary>
internal sealed class RedisPeer : IDisposable
{
    private const int KeySize = 16;

    private readonly Process _server;
    private readonly Socket _socket;
    private readonly string _folder;
    private readonly byte[] _answers = new byte[1 << 16];

    private RedisPeer(Process server, Socket socket, string folder, string version)
    {
        _server = server;
        _socket = socket;
        _folder = folder;
        Version = version;
    }

    public string Version { get; }

    /// <summary>Starts one; null with the reason where the machine has none.</summary>
    public static RedisPeer? Start(out string reason)
    {
        if (Tools.Find("redis-server") is not { } program)
        {
            reason = "redis-server is not installed (Debian: apt-get install redis-server)";
            return null;
        }

        string folder = Directory.CreateTempSubdirectory("gw-redis-").FullName;
        string path = Path.Combine(folder, "redis.sock");
        ProcessStartInfo info = new(program) { RedirectStandardOutput = true };
        foreach (string argument in (string[])["--port", "0", "--unixsocket", path, "--save", "", "--appendonly", "no", "--dir", folder]) info.ArgumentList.Add(argument);
        Process server = Process.Start(info)!;
        server.OutputDataReceived += (_, _) => { };
        server.BeginOutputReadLine();
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        for (int attempt = 0; !Connects(socket, path); attempt++)
        {
            if (attempt > 200 || server.HasExited)
            {
                socket.Dispose();
                if (!server.HasExited) server.Kill();
                reason = "redis-server did not start";
                return null;
            }

            Thread.Sleep(50);
        }

        reason = "";
        return new RedisPeer(server, socket, folder, Tools.FirstLine(program, "--version"));
    }

    /// <summary>Makes keys known.</summary>
    public void Fill(ReadOnlySpan<UInt128> keys)
    {
        const int AtOnce = 10_000;
        for (int first = 0; first < keys.Length; first += AtOnce)
        {
            int count = Math.Min(AtOnce, keys.Length - first);
            MemoryStream request = new();
            Write(request, $"*{(2 * count) + 1}\r\n$4\r\nMSET\r\n");
            for (int i = first; i < first + count; i++)
            {
                Write(request, keys[i]);
                Write(request, "$0\r\n\r\n");
            }

            Send(request);
            ReadLines(1);
        }
    }

    /// <summary>The bytes of the requests for shipments of so many keys each: made beforehand, so that only Redis is timed.</summary>
    public static byte[] Requests(ReadOnlySpan<UInt128> keys, int each)
    {
        MemoryStream request = new();
        for (int i = 0; i < keys.Length; i++)
        {
            if (i % each == 0) Write(request, $"*{each + 1}\r\n$6\r\nEXISTS\r\n");
            Write(request, keys[i]);
        }

        return request.ToArray();
    }

    /// <summary>Sends requests and reads as many answers.</summary>
    public long Ask(byte[] requests, int answers)
    {
        // Written by another thread: else both sides could wait with full buffers.
        Task sending = Task.Run(() => { for (int sent = 0; sent < requests.Length;) sent += _socket.Send(requests.AsSpan(sent)); });
        long sum = ReadLines(answers);
        sending.Wait();
        return sum;
    }

    public void Dispose()
    {
        _socket.Dispose();
        if (!_server.HasExited) _server.Kill();
        _server.WaitForExit();
        _server.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static bool Connects(Socket socket, string path)
    {
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static void Write(MemoryStream request, string text) => request.Write(Encoding.ASCII.GetBytes(text));

    private static void Write(MemoryStream request, UInt128 key)
    {
        Write(request, string.Create(CultureInfo.InvariantCulture, $"${KeySize}\r\n"));
        request.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<UInt128>(in key)));
        Write(request, "\r\n");
    }

    private void Send(MemoryStream request)
    {
        byte[] bytes = request.ToArray();
        for (int sent = 0; sent < bytes.Length;) sent += _socket.Send(bytes.AsSpan(sent));
    }

    private long ReadLines(int lines)
    {
        long sum = 0;
        while (lines > 0)
        {
            int read = _socket.Receive(_answers);
            if (read == 0) throw new IOException("Redis closed the connection.");
            foreach (byte character in _answers.AsSpan(0, read))
            {
                if (character == '-') throw new IOException("Redis refused a request.");
                sum += character;
                lines -= character == '\n' ? 1 : 0;
            }
        }

        return sum;
    }
}
