using Gateway.Cli;
using Gateway.Cli.Lab;

ParentWatch.StartIfAsked();
return await GatewayCommand.RunAsync(args, Surroundings.OfProcess(), CancellationToken.None);
