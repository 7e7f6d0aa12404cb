using System.Globalization;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace Gateway.Cli.Hosting;

/// <summary>Sends a process's metrics by OTLP (HTTP, protobuf), where an endpoint is configured; else nothing is set up and counting costs next to nothing.</summary>
internal sealed class MetricsExport : IDisposable
{
    /// <summary>The usual variable for the endpoint; a setting in the folder's options goes before it.</summary>
    public const string EndpointVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>The usual variable for the interval, milliseconds; 60,000 unless given.</summary>
    public const string IntervalVariable = "OTEL_METRIC_EXPORT_INTERVAL";

    private const int DefaultInterval = 60_000;

    private readonly MeterProvider _provider;

    private MetricsExport(MeterProvider provider) => _provider = provider;

    /// <summary>Starts to send; null where no endpoint is configured.</summary>
    /// <param name="surroundings">The environment.</param>
    /// <param name="endpoint">The setting in the folder's options, or empty.</param>
    /// <param name="service">service.name.</param>
    /// <param name="instance">service.instance.id: the network, the member's id or the evaluator's name.</param>
    /// <param name="meter">Name of the meter.</param>
    public static MetricsExport? Start(Surroundings surroundings, string endpoint, string service, string instance, string meter)
    {
        string address = endpoint.Length > 0 ? endpoint : surroundings.Environment(EndpointVariable) ?? "";
        if (!Uri.TryCreate(address, UriKind.Absolute, out Uri? uri)) return null;
        int interval = int.TryParse(surroundings.Environment(IntervalVariable), CultureInfo.InvariantCulture, out int stated) && stated > 0 ? stated : DefaultInterval;
        MeterProvider provider = Sdk.CreateMeterProviderBuilder()
            .ConfigureResource(resource => resource.Clear().AddService(service, serviceInstanceId: instance))
            .AddMeter(meter)
            .AddOtlpExporter((exporter, reader) =>
            {
                exporter.Protocol = OtlpExportProtocol.HttpProtobuf;
                exporter.Endpoint = new Uri(uri.AbsoluteUri.TrimEnd('/') + "/v1/metrics");
                reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = interval;
            })
            .Build();
        return new MetricsExport(provider);
    }

    /// <summary>Sends what is left, and ends.</summary>
    public void Dispose() => _provider.Dispose();
}
