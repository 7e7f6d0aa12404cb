using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gateway.Cli.Tests.Commands;

/// <summary>A mirror of a broker's public log in front of an auditor, which can leave something out.</summary>
internal sealed class Mirror : IAsyncDisposable
{
    private readonly HttpClient _broker;
    private readonly WebApplication _application;
    private volatile bool _hidesGenesis;

    private Mirror(HttpClient broker, WebApplication application)
    {
        _broker = broker;
        _application = application;
    }

    public string Address => _application.Urls.First();

    public bool HidesGenesis
    {
        get => _hidesGenesis;
        set => _hidesGenesis = value;
    }

    public static async Task<Mirror> StartAsync(string broker)
    {
        // Whose log it is the auditor sees by signatures, not by the line.
        HttpClient http = new(new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, _, _, _) => true }) { BaseAddress = new Uri(broker) };
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        Mirror mirror = new(http, builder.Build());
        mirror._application.Run(mirror.AnswerAsync);
        await mirror._application.StartAsync();
        return mirror;
    }

    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        _broker.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        if (HidesGenesis && context.Request.Path == "/genesis")
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        using HttpResponseMessage answer = await _broker.GetAsync(new Uri(context.Request.Path.Value!, UriKind.Relative));
        context.Response.StatusCode = (int)answer.StatusCode;
        await context.Response.Body.WriteAsync(await answer.Content.ReadAsByteArrayAsync());
    }
}
