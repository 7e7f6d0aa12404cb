namespace Gateway.Cli.Input;

/// <summary>Something in a file that could not be used.</summary>
/// <param name="Line">Line the row begins at, the header being 1.</param>
/// <param name="Column">The column, or empty where it is the whole row.</param>
/// <param name="Name">The row's reference or shipment id, where it could be read.</param>
/// <param name="What">What is wrong.</param>
/// <param name="Remedy">What to do.</param>
/// <param name="RowLeftOut">Whether the whole row was left out, else the field alone.</param>
public sealed record InputFault(long Line, string Column, string Name, string What, string Remedy, bool RowLeftOut);

/// <summary>One row of a file.</summary>
/// <param name="Line">Line it begins at.</param>
/// <param name="Name">Its reference or shipment id, where it could be read.</param>
/// <param name="Value">What it says; null where the row is left out.</param>
/// <param name="Faults">What could not be used.</param>
public readonly record struct InputRow<T>(long Line, string Name, T? Value, IReadOnlyList<InputFault> Faults)
    where T : class;
