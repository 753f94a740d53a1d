// Files a complaint with the generated TypeScript client and reads it back, as a page would.

import { AuthApi, ComplaintsApi, Configuration, MeApi, MunicipalitiesApi } from "./index";

declare const process: { env: Record<string, string>; exit(code: number): void };

const municipality = "bad-dueben";
const basePath = process.env.RATHAUS;

async function smoke(): Promise<void> {
  const visitor = new Configuration({ basePath });
  const session = await new AuthApi(visitor).createGuestSession({ newGuest: { locale: "de" } });
  const guest = new Configuration({ basePath, accessToken: session.accessToken });

  const categories = await new MunicipalitiesApi(visitor).listCategories({ municipality });
  const filed = await new ComplaintsApi(guest).createComplaint({
    municipality,
    newComplaint: {
      category: categories.items[0].code,
      description: "Die Laterne am Ufer ist dunkel.",
      location: { lat: 51.5915, lon: 12.5855 },
    },
  });
  const mine = (await new MeApi(guest).listMyComplaints()).items;
  if (filed.status !== "routed" || !mine.some((complaint) => complaint.reference === filed.reference)) {
    throw new Error(JSON.stringify({ filed, mine }));
  }
  console.log(`typescript: filed ${filed.reference}, found it again among ${mine.length}`);
}

smoke().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
