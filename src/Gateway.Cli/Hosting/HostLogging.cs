using System.Globalization;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Serilog;
using Serilog.Events;

namespace Gateway.Cli.Hosting;

/// <summary>Where a running broker or node logs: the error output, and a file a day in the folder's logs/.</summary>
internal static class HostLogging
{
    private const int DaysKept = 30;
    private const long LargestFile = 100L * 1_048_576;
    private const string Layout = "{Timestamp:yyyy-MM-dd'T'HH:mm:ss.fffK} {Level:u3} {SourceContext} {Message:lj}{NewLine}{Exception}";

    /// <summary>Sets it up for a folder.</summary>
    public static Action<ILoggingBuilder> To(string folder, string name) => logging =>
    {
        logging.ClearProviders();
        logging.SetMinimumLevel(LogLevel.Information);
        logging.AddSerilog(
            // Filters of the logging builder would not hold: AddSerilog lets everything through to its own levels.
            new LoggerConfiguration()
                .MinimumLevel.Information()
                .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
                .MinimumLevel.Override("Grpc", LogEventLevel.Warning)
                .Filter.ByExcluding(logged => logged.Exception is IOException { InnerException: AddressInUseException }) // The command says it in a line.
                .WriteTo.Console(outputTemplate: Layout, formatProvider: CultureInfo.InvariantCulture, standardErrorFromLevel: LogEventLevel.Verbose, theme: Serilog.Sinks.SystemConsole.Themes.ConsoleTheme.None)
                .WriteTo.File(
                    Path.Combine(folder, "logs", name + "-.log"),
                    outputTemplate: Layout,
                    formatProvider: CultureInfo.InvariantCulture,
                    rollingInterval: RollingInterval.Day,
                    retainedFileCountLimit: DaysKept,
                    fileSizeLimitBytes: LargestFile,
                    rollOnFileSizeLimit: true)
                .CreateLogger(),
            dispose: true);
    };
}
