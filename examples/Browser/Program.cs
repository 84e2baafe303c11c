using Browser;
using Microsoft.AspNetCore.Components.WebAssembly.Hosting;

// Tables of any name lie here, in memory, beside no other file.
Directory.SetCurrentDirectory(Directory.CreateTempSubdirectory().FullName);

WebAssemblyHostBuilder builder = WebAssemblyHostBuilder.CreateDefault(args);
builder.RootComponents.Add<App>("#app");
await builder.Build().RunAsync();
