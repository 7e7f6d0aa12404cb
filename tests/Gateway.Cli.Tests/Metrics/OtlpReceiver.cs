using System.Collections.Concurrent;
using System.Net;
using Gateway.Cli.Lab;
using Google.Protobuf;

namespace Gateway.Cli.Tests.Metrics;

/// <summary>Receives metrics by OTLP over HTTP as a collector does, and reads what it needs of opentelemetry/proto/metrics/v1: names, units, attributes, numbers.</summary>
internal sealed class OtlpReceiver : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly ConcurrentQueue<Point> _points = new();

    public OtlpReceiver()
    {
        Address = $"http://127.0.0.1:{FreePort.Next()}";
        _listener.Prefixes.Add(Address + "/");
        _listener.Start();
        _ = ReceiveAsync();
    }

    public string Address { get; }

    /// <summary>Services that have sent something, by service.name.</summary>
    public IEnumerable<string> Services => _points.Select(point => point.Service).Distinct();

    /// <summary>Names and units of what was received.</summary>
    public IEnumerable<(string Name, string Unit)> Instruments => _points.Select(point => (point.Name, point.Unit)).Distinct();

    /// <summary>All attributes received.</summary>
    public IEnumerable<string> Attributes => _points.SelectMany(point => point.Attributes).Select(attribute => attribute.Key).Distinct();

    /// <summary>The greatest number received of an instrument, with an attribute where one is named; null when there is none. Of a histogram: the count.</summary>
    public double? Find(string name, string? attribute = null, string? value = null) =>
        _points.Where(point => point.Name == name && (attribute is null || point.Attributes.GetValueOrDefault(attribute) == value)).Select(point => (double?)point.Number).Max();

    public void Dispose() => _listener.Close();

    private async Task ReceiveAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                HttpListenerContext context = await _listener.GetContextAsync();
                using MemoryStream body = new();
                await context.Request.InputStream.CopyToAsync(body);
                if (context.Request.HttpMethod == "POST" && context.Request.Url!.AbsolutePath == "/v1/metrics" && context.Request.ContentType == "application/x-protobuf") Read(body.ToArray());
                context.Response.StatusCode = 200;
                context.Response.Close();
            }
            catch (Exception closed) when (closed is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private void Read(byte[] request)
    {
        foreach (byte[] resourceMetrics in Messages(request, 1))
        {
            string service = "";
            foreach (byte[] attribute in Messages(resourceMetrics, 1).SelectMany(resource => Messages(resource, 1)))
            {
                (string key, string value) = Attribute(attribute);
                if (key == "service.name") service = value;
            }

            foreach (byte[] metric in Messages(resourceMetrics, 2).SelectMany(scope => Messages(scope, 2))) ReadMetric(service, metric);
        }
    }

    private void ReadMetric(string service, byte[] metric)
    {
        string name = Text(metric, 1), unit = Text(metric, 3);
        foreach (byte[] point in Messages(metric, 5).Concat(Messages(metric, 7)).SelectMany(data => Messages(data, 1))) Add(point, attributesField: 7, Number(point));
        foreach (byte[] point in Messages(metric, 9).SelectMany(data => Messages(data, 1))) Add(point, attributesField: 9, Fixed(point, 4) is { } count ? (double)(ulong)count : 0);

        void Add(byte[] point, int attributesField, double number) =>
            _points.Enqueue(new Point(service, name, unit, Messages(point, attributesField).Select(Attribute).ToDictionary(pair => pair.Key, pair => pair.Value), number));
    }

    private static double Number(byte[] point) => Fixed(point, 4) is { } bits ? BitConverter.Int64BitsToDouble(bits) : Fixed(point, 6) ?? 0;

    private static (string Key, string Value) Attribute(byte[] attribute) => (Text(attribute, 1), Messages(attribute, 2).Select(value => Text(value, 1)).FirstOrDefault() ?? "");

    private static string Text(byte[] message, int field) => Messages(message, field).Select(System.Text.Encoding.UTF8.GetString).FirstOrDefault() ?? "";

    private static List<byte[]> Messages(byte[] message, int field)
    {
        List<byte[]> found = [];
        CodedInputStream input = new(message);
        uint tag;
        while ((tag = input.ReadTag()) != 0)
        {
            if (WireFormat.GetTagFieldNumber(tag) == field && WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited) found.Add(input.ReadBytes().ToByteArray());
            else input.SkipLastField();
        }

        return found;
    }

    private static long? Fixed(byte[] message, int field)
    {
        CodedInputStream input = new(message);
        uint tag;
        while ((tag = input.ReadTag()) != 0)
        {
            if (WireFormat.GetTagFieldNumber(tag) == field && WireFormat.GetTagWireType(tag) == WireFormat.WireType.Fixed64) return input.ReadSFixed64();
            input.SkipLastField();
        }

        return null;
    }

    private sealed record Point(string Service, string Name, string Unit, Dictionary<string, string> Attributes, double Number);
}
