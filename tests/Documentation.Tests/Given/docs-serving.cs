// With shared.cs.
global using System.Threading.Tasks;
global using Microsoft.AspNetCore.Builder;
global using Microsoft.AspNetCore.Hosting;
global using Microsoft.Extensions.Configuration;
global using Microsoft.Extensions.DependencyInjection;
global using Microsoft.Extensions.Hosting;

internal static class Given
{
    public static readonly Model model = null!;
    public static readonly StreamService<Model> service = null!;
    public static readonly string[] ids = [];
    public static readonly float[] token = [], tokens = [], outputs = [];
    public static readonly long[] sequences = [];
    public static readonly StepResult[] results = [];
    public static readonly Reading reading = null!;
    public static readonly Reading[] plan = [];
}
