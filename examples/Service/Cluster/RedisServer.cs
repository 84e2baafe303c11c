using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Reporting;
using StackExchange.Redis;

namespace Service.Cluster;

/// <summary>A Redis server of this program's own, which keeps in a folder what the silos write.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    public const string Program = "redis-server";
    private const string ProcessFile = "redis.pid", SettingsFile = "redis.conf";

    /// <summary>Runs a server until its input is closed, so that it ends with the process that started it, however that ends.</summary>
    private const string Keep =
        "exec 3<&0; \"$0\" \"$1\" & server=$!; { read -r _ <&3; kill \"$server\"; } >/dev/null 2>&1 & wait \"$server\"";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60), BetweenTries = TimeSpan.FromMilliseconds(50);

    private readonly ChildProcess process;

    private RedisServer(ChildProcess process, string address) => (this.process, Address) = (process, address);

    /// <summary>How clients reach it, with its password.</summary>
    public string Address { get; }

    /// <summary>Starts the server, and waits until it answers.</summary>
    /// <exception cref="UserException">It is not installed, or does not start.</exception>
    public static async Task<RedisServer> StartAsync(string folder, CancellationToken cancellation)
    {
        if (ChildProcess.Find(Program) is not { } program)
        {
            throw new UserException(
                $"{Program} is not on the PATH. Install it (Debian: apt-get install redis-server); or leave out 'cluster': the service "
                + "alone needs no server.");
        }
        Directory.CreateDirectory(folder);
        StopEarlier(Path.Combine(folder, ProcessFile));
        int port = FreePort();
        string password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        // In a file that the user alone can read: arguments would show the password to everybody on the machine. The disk has what is
        // written a second later: enough here, where silos end and Redis does not.
        string settings = Path.Combine(folder, SettingsFile);
        PrivateFile.Write(
            settings,
            $"""
            bind 127.0.0.1
            port {port}
            requirepass {password}
            pidfile {ProcessFile}
            save ""
            appendonly yes
            appendfsync everysec

            """);
        string lastLine = "";
        var server = new RedisServer(
            new("/bin/sh", ["-c", Keep, program, SettingsFile], line => lastLine = line, folder), $"127.0.0.1:{port},password={password}");
        try
        {
            await server.WaitAsync(() => $"{Program} does not start; it says: {lastLine}", cancellation);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>A port of this machine that nobody uses now.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Stops it, once nobody uses it any more.</summary>
    public async ValueTask DisposeAsync()
    {
        process.CloseInput();
        await process.EndAsync();
        process.Dispose();
    }

    /// <summary>The server of a program that was killed may not have ended yet, and two must not write the same files.</summary>
    private static void StopEarlier(string processFile)
    {
        if (!File.Exists(processFile)
            || !int.TryParse(File.ReadAllText(processFile), CultureInfo.InvariantCulture, out int id)
            || Process.GetProcesses().FirstOrDefault(p => p.Id == id) is not { } earlier
            // Redis adds its address to its name.
            || !earlier.ProcessName.StartsWith(Program, StringComparison.Ordinal))
        {
            return;
        }
        earlier.Kill();
        earlier.WaitForExit();
    }

    private async Task WaitAsync(Func<string> failure, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                await using ConnectionMultiplexer connection = await ConnectionMultiplexer.ConnectAsync(Address);
                await connection.GetDatabase().PingAsync();
                return;
            }
            catch (RedisException e)
            {
                // While it reads its file it answers that it is loading.
                if (process.HasExited || Stopwatch.GetElapsedTime(start) > Patience)
                {
                    throw new UserException(failure(), e);
                }
            }
            await Task.Delay(BetweenTries, cancellation);
        }
    }
}
