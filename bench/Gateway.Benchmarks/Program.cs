using Gateway.Benchmarks;

switch (args)
{
    case ["screening", .. string[] sizes] when sizes.All(size => int.TryParse(size, out int known) && known > 0):
        foreach (int known in sizes.Length == 0 ? [1_000_000, 10_000_000] : sizes.Select(int.Parse))
        {
            new ScreeningBench(known).Run(Console.Out);
        }

        return 0;
    default:
        Console.Error.WriteLine("usage: Gateway.Benchmarks screening [known identifiers ...]");
        return 2;
}
