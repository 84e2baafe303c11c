using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace AarenGen.Orleans.Tests;

/// <summary>A Redis of a test's own, which writes each command to the disk before it answers.</summary>
internal sealed class RedisServer : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("aarengen-redis");
    private readonly string port = FreePort().ToString(CultureInfo.InvariantCulture);
    private Process? process;

    public string Address => $"127.0.0.1:{port}";

    /// <summary>Starts it with what is on the disk, and waits until it answers.</summary>
    public async Task StartAsync()
    {
        process = Process.Start(new ProcessStartInfo(Server.Get(Server.RedisProgram),
        [
            "--port", port, "--bind", "127.0.0.1", "--dir", folder.FullName, "--save", "", "--appendonly", "yes", "--appendfsync", "always",
        ]) { RedirectStandardOutput = true })!;
        process.OutputDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, int.Parse(port, CultureInfo.InvariantCulture));
                await client.GetStream().WriteAsync("PING\r\n"u8.ToArray());
                var answer = new byte[7];
                await client.GetStream().ReadExactlyAsync(answer);
                if (answer.AsSpan().SequenceEqual("+PONG\r\n"u8))
                {
                    return;
                }
            }
            catch (Exception e) when (e is SocketException or IOException && attempt < 200)
            {
                Assert.False(process.HasExited);
            }
            await Task.Delay(50);
        }
    }

    /// <summary>Ends it without a chance to write anything.</summary>
    public void Kill()
    {
        if (process is not null)
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
            process = null;
        }
    }

    public void Dispose()
    {
        Kill();
        folder.Delete(recursive: true);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
