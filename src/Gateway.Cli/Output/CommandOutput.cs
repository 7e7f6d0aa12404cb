using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Cli.Errors;
using Gateway.Protocol.Errors;
using Spectre.Console;

namespace Gateway.Cli.Output;

/// <summary>The one place that decides between tables for people and JSON for programs. Results go to the output, everything else to the error output.</summary>
public sealed class CommandOutput
{
    private static readonly JsonSerializerOptions Document = Options(indented: true);
    private static readonly JsonSerializerOptions Line = Options(indented: false);

    private readonly Surroundings _surroundings;
    private readonly bool _json;

    /// <summary>Output of a command.</summary>
    /// <param name="surroundings">The streams.</param>
    /// <param name="json">Whether `--json` was given.</param>
    public CommandOutput(Surroundings surroundings, bool json)
    {
        _surroundings = surroundings;
        _json = json;
    }

    /// <summary>Whether results are JSON.</summary>
    public bool IsJson => _json || !_surroundings.IsTerminal;

    /// <summary>Whether progress may be drawn: a person looks at the error output.</summary>
    public bool IsLive => _surroundings.IsErrorTerminal && !_json;

    /// <summary>Prints the result.</summary>
    /// <param name="document">It, for programs; property names become snake_case.</param>
    /// <param name="human">Draws it for people.</param>
    public void Result<T>(T document, Action<IAnsiConsole> human)
    {
        if (IsJson) _surroundings.Out.WriteLine(JsonSerializer.Serialize(document, Document));
        else human(Console(_surroundings.Out, true));
    }

    /// <summary>Prints one result of many as a JSON line.</summary>
    public void JsonLine<T>(T document) => _surroundings.Out.WriteLine(JsonSerializer.Serialize(document, Line));

    /// <summary>Draws on the output for people.</summary>
    public void Human(Action<IAnsiConsole> draw) => draw(Console(_surroundings.Out, _surroundings.IsTerminal));

    /// <summary>Says something beside the result.</summary>
    public void Note(string text) => _surroundings.Error.WriteLine(text);

    /// <summary>Draws progress in place.</summary>
    public void Draw(string text)
    {
        _surroundings.Error.Write(text);
        _surroundings.Error.Flush();
    }

    /// <summary>Says why the command failed: a line, or a JSON document with `--json`.</summary>
    public void Fail(Failure failure)
    {
        Refusal refusal = failure.Refusal;
        if (_json) _surroundings.Error.WriteLine(JsonSerializer.Serialize(new { Error = Fault.Of(refusal), failure.ExitCode }, Document));
        else _surroundings.Error.WriteLine($"gateway: {refusal}");
    }

    private static IAnsiConsole Console(TextWriter writer, bool terminal)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = terminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = terminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = terminal ? InteractionSupport.Detect : InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });
        if (!terminal) console.Profile.Width = 160;
        return console;
    }

    private static JsonSerializerOptions Options(bool indented) => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = indented,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // Names in all scripts; nothing here is put into HTML.
    };
}
