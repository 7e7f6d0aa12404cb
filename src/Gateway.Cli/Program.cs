using Gateway.Cli;

return await GatewayCommand.RunAsync(args, Surroundings.OfProcess(), CancellationToken.None);
