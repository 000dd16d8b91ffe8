/** The tables of the EC2/on-premises platform: the second step of the service's migrations. */
export const SERVER_TABLES = "";
