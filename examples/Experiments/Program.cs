Console.WriteLine("usage: dotnet run -c Release --project examples/Experiments");
