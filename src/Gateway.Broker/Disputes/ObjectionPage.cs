using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Mime;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Gateway.Storage;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;

namespace Gateway.Broker.Disputes;

/// <summary>
/// The intake for people who are no members: <c>/dispute</c>, a page without script, and the same address for programs. A page without script cannot seal, so what is typed into the form passes
/// through the broker's memory and is sealed there; what a program sends (JSON of a FileObjectionRequest) is sealed already. The page says so.
/// </summary>
internal static class ObjectionPage
{
    private const int LargestBody = 512 * 1_024;
    private const string Path = "/dispute";

    /// <summary>Serves the page and takes what is sent to it.</summary>
    public static void Map(WebApplication app, ObjectionIntake intake, ILogger log)
    {
        app.MapGet(Path, context => WriteAsync(context, StatusCodes.Status200OK, Form));
        app.MapGet(Path + "/desks", context => AnswerListAsync(context, intake, log));
        app.MapPost(Path, context => IsJson(context) ? AnswerFilingAsync(context, intake, log) : SubmitAsync(context, intake, log));
    }

    private static Task AnswerListAsync(HttpContext context, ObjectionIntake intake, ILogger log) =>
        AnswerAsync(context, log, () => Task.FromResult<IMessage>(new ListDesksResponse { Desks = { intake.List(AddressOf(context)) } }));

    private static Task AnswerFilingAsync(HttpContext context, ObjectionIntake intake, ILogger log) => AnswerAsync(context, log, () => FileAsync(context, intake));

    private static async Task<IMessage> FileAsync(HttpContext context, ObjectionIntake intake)
    {
        string body = await ReadAsync(context).ConfigureAwait(false);
        FileObjectionRequest request;
        try
        {
            request = new JsonParser(JsonParser.Settings.Default.WithIgnoreUnknownFields(true)).Parse<FileObjectionRequest>(body);
        }
        catch (Exception unreadable) when (unreadable is IOException or InvalidOperationException or FormatException) // The parser's own are IOExceptions.
        {
            throw new RefusalException(Refusal.Invalid("MESSAGE_UNREADABLE", "The body is not the JSON of a FileObjectionRequest.", "body", "Send {\"objections\": [{\"deskId\": base64, \"sealed\": base64}, …]}."));
        }

        return new FileObjectionResponse { Reference = await intake.FileAsync(AddressOf(context), request.Objections, context.RequestAborted).ConfigureAwait(false) };
    }

    private static async Task SubmitAsync(HttpContext context, ObjectionIntake intake, ILogger log)
    {
        try
        {
            if (!MediaTypeIs(context, MediaTypeNames.Application.FormUrlEncoded)) throw new RefusalException(Refusal.Invalid("MESSAGE_UNREADABLE", "The body is neither a form nor JSON.", "content-type", "Use the page, or send JSON."));
            Objection objection = Read(await ReadAsync(context).ConfigureAwait(false));
            string reference = await intake.SealAndFileAsync(AddressOf(context), objection, context.RequestAborted).ConfigureAwait(false);
            await WriteAsync(context, StatusCodes.Status200OK, Page("Your objection was filed", $"<p>Its reference is <b>{reference}</b>. Keep it: it is the only way to ask about it.</p><p>The dispute desk looks for records about what you stated. If you left a way to reach you, it answers there.</p>")).ConfigureAwait(false);
        }
        catch (Exception fault) when (RefusalOf(fault, log) is { } refusal)
        {
            await WriteAsync(context, HttpStatusOf(refusal), Page("Your objection was not filed", $"<p>{Text(refusal.What)}</p><p>{Text(refusal.Remedy)}</p><p><a href=\"{Path}\">Back to the form</a></p>")).ConfigureAwait(false);
        }
    }

    private static Objection Read(string body)
    {
        Dictionary<string, string> fields = [];
        try
        {
            using FormReader reader = new(body) { ValueCountLimit = 32, KeyLengthLimit = 64, ValueLengthLimit = LargestBody };
            foreach ((string key, Microsoft.Extensions.Primitives.StringValues value) in reader.ReadForm()) fields[key] = value.ToString().Trim();
        }
        catch (InvalidDataException)
        {
            throw Unreadable();
        }

        // What the percent signs hide is no text either.
        if (fields.Values.Any(value => value.Contains('\uFFFD', StringComparison.Ordinal))) throw Unreadable();
        string Of(string name) => fields.GetValueOrDefault(name, "");
        if (Of("statement").Length == 0 || (Of("name").Length == 0 && Numbers.All(number => Of(number.Field).Length == 0)))
        {
            throw new RefusalException(Refusal.Invalid("OBJECTION_EMPTY", "An objection says what is wrong, and by which name or number the record may be found.", "statement", "Fill in the statement, and a name, an e-mail address or another number."));
        }

        Objection objection = new()
        {
            Statement = Of("statement"),
            Contact = Of("contact"),
            Ground = int.TryParse(Of("ground"), NumberStyles.None, CultureInfo.InvariantCulture, out int ground) && Enum.IsDefined((DisputeGround)ground) ? (DisputeGround)ground : DisputeGround.Unspecified,
            Party = new Party { Name = Of("name"), Street = Of("street"), Postcode = Of("postcode"), City = Of("city"), Country = Of("country").ToUpperInvariant() },
        };
        foreach ((string field, uint type) in Numbers)
        {
            if (Of(field).Length > 0) objection.Party.Identifiers.Add(new StatedIdentifier { Type = type, Value = Of(field), Country = objection.Party.Country });
        }

        return objection;
    }

    // Types of identifiers as in docs/protocol.md §4.
    private static readonly (string Field, uint Type)[] Numbers = [("email", 1), ("phone", 2), ("iban", 3), ("vat", 5), ("registration", 8), ("account", 9), ("website", 12)];

    // Read by hand: whoever sends too much is told so, and what is no UTF-8 is not taken for something else.
    private static async Task<string> ReadAsync(HttpContext context)
    {
        if (context.Request.ContentLength > LargestBody) throw TooLarge();
        ArrayBufferWriter<byte> body = new();
        while (true)
        {
            int read = await context.Request.Body.ReadAsync(body.GetMemory(16 * 1_024), context.RequestAborted).ConfigureAwait(false);
            if (read == 0) break;
            body.Advance(read);
            if (body.WrittenCount > LargestBody) throw TooLarge();
        }

        return Utf8.IsValid(body.WrittenSpan) ? Encoding.UTF8.GetString(body.WrittenSpan) : throw Unreadable();
    }

    private static async Task AnswerAsync(HttpContext context, ILogger log, Func<Task<IMessage>> work)
    {
        (int status, IMessage answer) = (StatusCodes.Status200OK, (IMessage)new ErrorDetail());
        try
        {
            answer = await work().ConfigureAwait(false);
        }
        catch (Exception fault) when (RefusalOf(fault, log) is { } refusal)
        {
            (status, answer) = (HttpStatusOf(refusal), refusal.ToDetail());
        }

        context.Response.StatusCode = status;
        context.Response.ContentType = MediaTypeNames.Application.Json;
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.WriteAsync(JsonFormatter.Default.Format(answer), context.RequestAborted).ConfigureAwait(false);
    }

    private static Refusal? RefusalOf(Exception fault, ILogger log)
    {
        switch (fault)
        {
            case RefusalException refused:
                return refused.Refusal;
            case BadHttpRequestException:
                return Unreadable().Refusal;
            case StoreUnavailableException or StoreCorruptException:
                Log.IntakeFailed(log, fault);
                return Refusal.Unavailable("STORE_UNAVAILABLE", "The objection could not be kept; nothing has happened.", "store", "Try again later, or object through a member.");
            default:
                return null;
        }
    }

    private static async Task WriteAsync(HttpContext context, int status, string html)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        await context.Response.WriteAsync(html, context.RequestAborted).ConfigureAwait(false);
    }

    private static int HttpStatusOf(Refusal refusal) => refusal.Status switch
    {
        StatusCode.ResourceExhausted => StatusCodes.Status429TooManyRequests,
        StatusCode.Unavailable => StatusCodes.Status503ServiceUnavailable,
        StatusCode.FailedPrecondition => StatusCodes.Status409Conflict,
        _ => refusal.Code == "OBJECTION_TOO_LONG" ? StatusCodes.Status413PayloadTooLarge : StatusCodes.Status400BadRequest,
    };

    private static bool IsJson(HttpContext context) => MediaTypeIs(context, MediaTypeNames.Application.Json);

    private static bool MediaTypeIs(HttpContext context, string type) =>
        context.Request.ContentType?.Split(';')[0].Trim().Equals(type, StringComparison.OrdinalIgnoreCase) == true;

    private static IPAddress AddressOf(HttpContext context) => context.Connection.RemoteIpAddress ?? IPAddress.None;

    private static RefusalException Unreadable() => new(Refusal.Invalid("MESSAGE_UNREADABLE", "The request is not text in UTF-8 of the form that is wanted.", "body", "Use the page, or send JSON in UTF-8."));

    private static RefusalException TooLarge() => new(Refusal.Invalid("OBJECTION_TOO_LONG", $"A request has at most {LargestBody / 1_024} KiB.", "body", "Say it in fewer words; the desk asks for more."));

    private static string Text(string text) => HtmlEncoder.Default.Encode(text);

    private static string Page(string title, string content) => $$"""
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{{title}}</title>
        <style>body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem}label{display:block;margin-top:.75rem}input,select,textarea{width:100%;box-sizing:border-box;font:inherit;padding:.4rem}button{margin-top:1rem;font:inherit;padding:.5rem 1rem}aside{border-left:.25rem solid;padding-left:1rem}</style>
        </head><body><h1>{{title}}</h1>{{content}}</body></html>
        """;

    private static readonly string Form = Page("Object to a record", """
        <p>If you believe that members of this network share a record about you that is wrong, say so here. A dispute desk, which is not the member that contributed the record, looks for it and decides. You are not told who contributed it.</p>
        <aside><p>What you type reaches the broker's server in clear. The server seals it to the dispute desk at once and keeps only what is sealed. If you want nobody but the desk to read it, file it with the program instead: <code>gateway dispute file --network network.json</code>, which seals it on your own machine.</p></aside>
        <form method="post" action="/dispute" accept-charset="utf-8">
        <label>What is wrong <select name="ground"><option value="1">It means somebody else</option><option value="2">What it says did not happen</option><option value="3">The goods were genuine, or I am authorised</option><option value="4">It is true no more</option><option value="5">It may not be kept or shared</option></select></label>
        <label>Your statement <textarea name="statement" rows="8" maxlength="8000" required></textarea></label>
        <p>By what may the record be found? Fill in what applies; the more, the surer it is found.</p>
        <label>Name <input name="name" maxlength="500" autocomplete="name"></label>
        <label>Street and number <input name="street" maxlength="500"></label>
        <label>Postcode <input name="postcode" maxlength="32"></label>
        <label>City <input name="city" maxlength="200"></label>
        <label>Country, two letters <input name="country" maxlength="2"></label>
        <label>E-mail address <input name="email" maxlength="254"></label>
        <label>Telephone, with + and country code <input name="phone" maxlength="32"></label>
        <label>Bank account (IBAN) <input name="iban" maxlength="42"></label>
        <label>VAT number <input name="vat" maxlength="32"></label>
        <label>Company registration number <input name="registration" maxlength="64"></label>
        <label>Marketplace account, platform:name <input name="account" maxlength="200"></label>
        <label>Domain of your site <input name="website" maxlength="253"></label>
        <label>How the desk reaches you <input name="contact" maxlength="500"></label>
        <button>File the objection</button>
        </form>
        """);
}
