using Gateway.Protocol.V1;
using Spectre.Console;

namespace Gateway.Cli.Output;

/// <summary>Tables for people, in one style.</summary>
internal static class Tables
{
    /// <summary>A table with these columns.</summary>
    public static Table Of(params string[] columns)
    {
        Table table = new Table().Border(TableBorder.Simple);
        foreach (string column in columns) table.AddColumn(new TableColumn(new Text(column)));
        return table;
    }

    /// <summary>Adds a row of plain text: nothing in it is markup, whatever somebody called themselves.</summary>
    public static void AddText(this Table table, params string[] cells) => table.AddRow(cells.Select(cell => new Text(Printable(cell))));

    /// <summary>A lane: its label always, its colour where there are colours.</summary>
    public static Text LaneText(Lane lane) => lane switch
    {
        Lane.Red => new Text("RED examine", new Style(Color.Red)),
        Lane.Yellow => new Text("YELLOW documents", new Style(Color.Yellow)),
        Lane.Green => new Text("GREEN", new Style(Color.Green)),
        _ => new Text(""),
    };

    /// <summary>A lane with more behind it, as lines no wider than the console.</summary>
    public static Paragraph LaneLine(Lane lane, string rest) => lane switch
    {
        Lane.Red => new Paragraph().Append("RED examine", new Style(Color.Red)).Append(Printable(rest)),
        Lane.Yellow => new Paragraph().Append("YELLOW documents", new Style(Color.Yellow)).Append(Printable(rest)),
        Lane.Green => new Paragraph().Append("GREEN", new Style(Color.Green)).Append(Printable(rest)),
        _ => new Paragraph(Printable(rest)),
    };

    /// <summary>Text without control characters: a name in a file must not move the cursor of whoever reads about it.</summary>
    public static string Printable(string text) => text.Any(char.IsControl) ? string.Concat(text.Select(c => char.IsControl(c) ? '\uFFFD' : c)) : text;
}
